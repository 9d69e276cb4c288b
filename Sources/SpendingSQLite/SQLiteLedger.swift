package import FoundationEssentials
import GRDB
package import SQLite
package import Spending
import Synchronization

/// A ledger in an SQLite file that several processes may use at once.
///
/// Processes that share a folder see each other: the holds of one that has ended, however it ended, are orphans at
/// once, and those of a living one live, be it ever so slow. Only a store in memory goes by leases.
package final class SQLiteLedger: SpendLedger {
    private let store: SQLiteStore
    private let owner: OwnerLock?
    private let ownerID: String
    private let leaseLength: Duration
    private let now: @Sendable () -> Date
    private let abandoned = Mutex<Set<HoldID>>([])
    private let reserved = ReservedEntries()
    private let knownLimits = KnownLimits()
    /// How many responses one transaction forgets.
    private static let forgottenAtOnceMax = 500

    /// Opens the ledger of a store.
    ///
    /// - Parameters:
    ///   - store: One that was opened with ``schema``.
    ///   - lease: How long a hold lives where its owner's process cannot be seen.
    ///   - now: The wall clock.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    package init(
        store: SQLiteStore, lease: Duration = .seconds(60), now: @escaping @Sendable () -> Date = { Date() }
    ) throws(GovernorError) {
        self.store = store
        leaseLength = lease
        self.now = now
        ownerID = "ledger-\(UUID().uuidString.lowercased())"
        guard let file = store.owners else {
            owner = nil
            return
        }
        do {
            owner = try OwnerLock(id: ownerID, file: file)
        } catch {
            throw .ledgerUnavailable(reason: "\(store.file) takes no lock of this process")
        }
    }

    package var lease: Duration? { owner == nil ? leaseLength : nil }

    package func reserve(
        _ call: PaidCall, terms: @escaping @Sendable (LedgerMoment) throws(GovernorError) -> HoldTerms
    ) async throws(GovernorError) -> LedgerAdmission {
        let (admission, held) = try await commit { transaction -> (LedgerAdmission, (HoldID, JournalEntry)?) in
            let admission = try transaction.reserve(call, terms)
            guard case .held(let hold, _, _, _) = admission, let entry = transaction.entries[hold] else {
                return (admission, nil)
            }
            return (admission, (hold, entry))
        }
        if let (hold, entry) = held { reserved[hold] = entry }
        return admission
    }

    package func settle(
        _ hold: HoldID, of call: PaidCall, settlement: Settlement
    ) async throws(GovernorError) {
        let digested = DigestedSettlement(settlement)
        try await end(hold) { try $0.settle(hold, of: call, digested) }
    }

    package func chargeInFull(_ hold: HoldID, of call: CallID) async throws(GovernorError) {
        try await end(hold) { try $0.chargeInFull(hold, of: call) }
    }

    package func release(_ hold: HoldID, of call: CallID) async throws(GovernorError) {
        try await end(hold) { try $0.release(hold, of: call) }
    }

    private func end(
        _ hold: HoldID, _ body: @escaping @Sendable (inout LedgerTransaction) throws -> Void
    ) async throws(GovernorError) {
        try await commit(body)
        reserved[hold] = nil
    }

    package func doubts(of call: CallPlace, to model: ModelID) async throws(GovernorError) -> CallDoubts {
        let now = now()
        return try await read { try $0.doubts(of: call, to: model, at: now) }
    }

    package func charged(for call: CallPlace) async throws(GovernorError) -> Money {
        try await read { try $0.charged(for: call) }
    }

    package func abandon(_ hold: HoldID) {
        abandoned.withLock { _ = $0.insert(hold) }
        reserved[hold] = nil
    }

    package func renewLeases() async throws(GovernorError) {
        try await commit { try $0.renewLeases() }
    }

    package func status(
        _ lines: @escaping @Sendable (LedgerMoment) -> [BudgetLine]
    ) async throws(GovernorError) -> LedgerStanding {
        try await read { [self] database in
            var transaction = try LedgerTransaction(database, by: steps, clock: clock, facts: nil)
            let moment = try transaction.readMoment()
            var counters: [LedgerCounter] = []
            for line in lines(moment) { counters.append(try transaction.counter(line)) }
            return LedgerStanding(counters: counters, moment: moment)
        }
    }

    package func offer(_ limits: BudgetSet, by name: String) async throws(GovernorError) -> LimitsOffer {
        try await commit { try $0.offer(limits, by: name) }
    }

    package func decide(
        _ request: DecisionRequest, by name: String, reason: String
    ) async throws(GovernorError) -> LedgerDecision {
        try await commit { try $0.decide(request, by: name, reason: reason) }
    }

    package func decisions() async throws(GovernorError) -> [LedgerDecision] {
        try await read { try DecisionReader.decisions($0) }
    }

    package func breaches() async throws(GovernorError) -> [JournaledBreach] {
        try await read { try DecisionReader.breaches($0) }
    }

    package func raise(_ raise: BudgetRaise) async throws(GovernorError) {
        try await commit { try $0.raise(raise) }
    }

    package func raises() async throws(GovernorError) -> [BudgetRaise] {
        try await read {
            try Row.fetchAll(
                $0, sql: "SELECT budget, limit_nano_usd, at_ms, until_ms, reason, kind FROM raises ORDER BY id"
            ).map(BudgetRaise.init)
        }
    }

    package func claimAlerts(
        _ thresholds: @escaping @Sendable (LedgerMoment) -> [(line: BudgetLine, percents: [Int])], claim: Duration
    ) async throws(GovernorError) -> [BudgetAlert] {
        try await commit { transaction in
            try transaction.chargeOrphans()
            return try transaction.claimAlerts(thresholds(transaction.readMoment()), claim: claim)
        }
    }

    package func confirm(_ alert: BudgetAlert) async throws(GovernorError) {
        try await commit { try $0.confirm(alert) }
    }

    package func handBack(_ alert: BudgetAlert) async throws(GovernorError) {
        try await commit { try $0.handBack(alert) }
    }

    package func forgetResponses(olderThan age: Duration) async throws(GovernorError) -> Int {
        var total = 0
        while true {
            let count = try await commit { try $0.forgetResponses(olderThan: age, atMost: Self.forgottenAtOnceMax) }
            total += count
            if count < Self.forgottenAtOnceMax { return total }
        }
    }

    package func journal(after id: Int64, atMost count: Int) async throws(GovernorError) -> [JournalEntry] {
        try await read { try JournalReader.entries(after: id, atMost: count, $0) }
    }

    package func verify() async throws(GovernorError) -> LedgerVerification {
        try await read { try LedgerAudit($0).verification }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(GovernorError) -> Value {
        do {
            return try await store.read(body)
        } catch {
            throw Self.seamError(error)
        }
    }

    private func commit<Value: Sendable>(
        _ body: @escaping @Sendable (inout LedgerTransaction) throws -> Value
    ) async throws(GovernorError) -> Value {
        do {
            let (value, charged) = try await store.commitRemembering { [self] database, shared in
                let given = abandoned.withLock { $0 }
                let memory = shared.value(LedgerMemory.init)
                var transaction = try LedgerTransaction(database, by: steps, clock: clock, facts: memory.take())
                defer { if !transaction.isHalfWritten { memory.giveBack(transaction.facts) } }
                // Also before an operation that sweeps no other orphans: a dropped hold keeps its call from others.
                try transaction.chargeAbandoned(given)
                return (try body(&transaction), given)
            }
            // Only now is their charge on the disk.
            abandoned.withLock { $0.subtract(charged) }
            return value
        } catch {
            throw Self.seamError(error)
        }
    }

    /// What the clock says, on a whole millisecond.
    private var clock: Date { Date(milliseconds: now().milliseconds) }

    /// Who takes the steps of a transaction.
    private var steps: LedgerTransaction.Owner {
        LedgerTransaction.Owner(
            id: ownerID, file: owner == nil ? nil : store.owners, lease: leaseLength, reserved: reserved,
            knownLimits: knownLimits)
    }

    private static func seamError(_ error: any Error) -> GovernorError {
        switch error {
        case let error as GovernorError: error
        case let error as SQLiteStoreError: .ledgerUnavailable(reason: error.description)
        default: .ledgerUnavailable(reason: "the ledger failed in an unknown way")
        }
    }
}
