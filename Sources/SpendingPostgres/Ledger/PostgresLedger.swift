import FoundationEssentials
package import Postgres
package import Spending
import Synchronization

/// A ledger in PostgreSQL that any number of hosts may use at once.
///
/// The clock is the server's. A host's end cannot be seen from another machine, so that its holds live by leases: renew
/// them well before ``lease`` is over. Who asks at the same moment shares a transaction, and so a flush of the server's
/// disk; transactions of several hosts come one after the other. ``close()`` it at the end.
package final class PostgresLedger: SpendLedger {
    package let lease: Duration?

    let clock: LedgerClock
    /// Names this owner in the tables.
    let ownerID: String
    private let leaseLength: Duration
    private let client: PostgresClient
    /// The connections of all that writes, which waits for the ledger's lock: those of shared transactions, and one more for
    /// what is done between calls.
    private let lanes: PostgresClient
    private let commits: LedgerCommits
    let knownLimits = KnownLimits()
    /// The counters that were read last, which the next who looks is likely to need.
    let counted = Mutex(CounterRange())
    /// The holds that somebody in this process may still end, with their calls.
    ///
    /// One whose admission was never heard of is not among them, so that its lease ends.
    private let open = Mutex<[HoldID: KeyedCall]>([:])
    let seen: SeenHead

    /// Opens the ledger of a database whose tables are up to date; see ``schema``.
    ///
    /// - Parameters:
    ///   - client: For what is read; shared with others, closed by its owner. What writes has connections of its own.
    ///   - lease: How long a hold lives without renewal, at least a millisecond.
    ///   - clock: Whose clock it goes by.
    package init(client: PostgresClient, lease: Duration = .seconds(60), clock: LedgerClock = .server) {
        self.client = client
        self.lease = lease
        self.clock = clock
        leaseLength = max(lease, .milliseconds(1))
        ownerID = "ledger-\(UUID().uuidString.lowercased())"
        var lane = client.configuration.forLookups("ledger")
        // What was committed is on the disk, whatever the server's own setting is.
        lane.sessionSettings["synchronous_commit"] = "on"
        // Longer than a frozen host can keep its locks, and so short that callers still have time to say what they wait for.
        lane.answerTimeout = min(lane.answerTimeout, .seconds(20))
        lanes = PostgresClient(lane, connectionsMax: LedgerCommits.lanes + 1, waitMax: client.waitMax)
        seen = SeenHead(server: client.configuration.server)
        commits = LedgerCommits(
            client: lanes, owner: ownerID, lease: leaseLength, clock: clock, knownLimits: knownLimits, seen: seen)
    }

    /// Keeps others that write to the ledger's database from a copy that lacks what this ledger has seen.
    package var witness: CommitWitness { seen.witness }

    /// Closes the ledger's own connections after the transactions under way.
    package func close() async {
        await commits.close()
        await lanes.close()
    }

    var leaseMS: Int64 { Int64(leaseLength / .milliseconds(1)) }

    var openHolds: [Int64] { open.withLock { $0.keys.map(\.number) } }

    // MARK: - Calls

    package func reserve(
        _ call: PaidCall, terms: @escaping @Sendable (LedgerMoment) throws(GovernorError) -> HoldTerms
    ) async throws(GovernorError) -> LedgerAdmission {
        let keyed = KeyedCall(call.id)
        // This process is at it, however long it was stopped: the lease only tells others.
        if open.withLock({ $0.values.contains { $0.key == keyed.key } }) { return .inFlight }
        let operation = LedgerOperation.reserve(call, keyed, terms)
        guard case .admission(let admission) = try await commits.run(operation, isCancellable: true) else {
            throw Self.unknownFailure
        }
        if case .held(let hold, _, _, _) = admission {
            open.withLock { $0[hold] = keyed }
        }
        return admission
    }

    package func settle(_ hold: HoldID, of call: PaidCall, settlement: Settlement) async throws(GovernorError) {
        let digested = DigestedSettlement(settlement)
        try await end(hold, of: call.id) { .settle($0, call, $1, digested) }
    }

    package func chargeInFull(_ hold: HoldID, of call: CallID) async throws(GovernorError) {
        try await end(hold, of: call) { .chargeInFull($0, $1) }
    }

    package func release(_ hold: HoldID, of call: CallID) async throws(GovernorError) {
        try await end(hold, of: call) { .release($0, $1) }
    }

    private func end(
        _ hold: HoldID, of call: CallID, _ operation: (HoldID, KeyedCall) -> LedgerOperation
    ) async throws(GovernorError) {
        let keyed = KeyedCall(call)
        guard open.withLock({ $0[hold] ?? keyed }) == keyed else { throw .unknownHold }
        do throws(GovernorError) {
            _ = try await commits.run(operation(hold, keyed))
        } catch {
            // Any other hold's end is still to be written.
            if error == .unknownHold { open.withLock { $0[hold] = nil } }
            throw error
        }
        open.withLock { $0[hold] = nil }
    }

    package func doubts(of call: CallPlace, to model: ModelID) async throws(GovernorError) -> CallDoubts {
        try await reading { try await $0.doubts(of: call, to: model, clockMS: clock.milliseconds) }
    }

    package func charged(for call: CallPlace) async throws(GovernorError) -> Money {
        try await reading { try await $0.charged(for: call) }
    }

    package func abandon(_ hold: HoldID) {
        if let call = open.withLock({ $0.removeValue(forKey: hold) }) { commits.abandon(hold, of: call) }
    }

    /// Charges orphans and counts.
    func sweptCounters(
        _ lines: @escaping @Sendable (LedgerMoment) -> [BudgetLine]
    ) async throws(GovernorError) -> ([LedgerCounter], LedgerMoment) {
        guard case .counted(let counters, let moment) = try await commits.run(.count(lines)) else {
            throw Self.unknownFailure
        }
        return (counters, moment)
    }

    // MARK: - Reading

    package func journal(after id: Int64, atMost count: Int) async throws(GovernorError) -> [JournalEntry] {
        try await reading { try await JournalReader.entries(after: id, atMost: count, $0) }
    }

    package func verify() async throws(GovernorError) -> LedgerVerification {
        try await reading { client in
            var verification = try await LedgerAudit(client).verification
            let problems = try await client.inspect([Self.schema]) + LedgerInspection.problems(client, lately: false)
            verification.findings += problems.map { .restoredInPart(reason: $0) }
            return verification
        }
    }

    /// What is wrong with the ledger's rows, a sentence each with what to do; as much of it as shows in a few seconds.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package func inspect() async throws(GovernorError) -> [String] {
        try await reading { client in
            try await LedgerInspection.problems(client, lately: true) + LedgerInspection.countersBehind(client)
        }
    }

    /// Makes the ledger's own connections now, so that a lack of places shows before anything rests on them.
    ///
    /// - Throws: `PostgresError` where there is not even one.
    package func connect() async throws { _ = try await lanes.open(LedgerCommits.lanes) }

    static let unknownFailure = GovernorError.ledgerUnavailable(reason: "the ledger failed in an unknown way")

    /// Runs what only reads, on the shared client; its errors become the seam's.
    func reading<Value: Sendable>(
        _ body: (PostgresClient) async throws -> Value
    ) async throws(GovernorError) -> Value {
        try await run(on: client, body)
    }

    /// Runs what waits for the ledger's lock, on the ledger's own connections, so that nobody who reads waits with it.
    func writing<Value: Sendable>(
        _ body: (PostgresClient) async throws -> Value
    ) async throws(GovernorError) -> Value {
        try await run(on: lanes, body)
    }

    private func run<Value: Sendable>(
        on client: PostgresClient, _ body: (PostgresClient) async throws -> Value
    ) async throws(GovernorError) -> Value {
        do {
            return try await body(client)
        } catch let error as PostgresError {
            throw .ledgerUnavailable(reason: error.description)
        } catch let error as GovernorError {
            throw error
        } catch {
            throw Self.unknownFailure
        }
    }
}
