import FoundationEssentials
import FunctionKit
import Postgres
import Spending

/// One transaction for all who asked at the same moment: lock and read, decide, write and commit.
///
/// Two round trips, a third where counters are needed that were not expected to be, whatever the number of operations.
/// All of it runs on the connection's own thread, which saves a change of threads for each step.
struct LedgerTransaction {
    typealias Answers = [Result<LedgerAnswer, GovernorError>]

    /// How it ended.
    enum Ending {
        case done(Answers, counters: CounterRange)
        /// The connection broke during the commit: these are the answers, if it was done.
        case inDoubt(Answers)
    }

    let operations: [LedgerOperation]
    /// Holds of this owner that nobody will end.
    let abandoned: [HoldID: KeyedCall]
    let clockMS: Int64?
    /// See ``LedgerClock/machine``.
    let machineClock: Date?
    let owner: String
    let lease: Duration
    /// The owner's lane that it is on.
    let lane: String
    /// Its number on the lane: higher than any before.
    let number: Int64
    /// The answers that an earlier attempt of it would have given, had its commit been heard of.
    let doubted: Answers?
    /// The counters that the last transaction needed.
    let expected: CounterRange
    /// The limits that this host has read.
    let knownLimits: KnownLimits
    /// The last entry that this host has seen.
    let seen: SeenHead
    /// Called when all is decided and only the server's work is left.
    let decided: @Sendable () -> Void

    func run(on connection: isolated PostgresConnection) async throws(PostgresError) -> Ending {
        let reader = LedgerReader(
            clockMS: clockMS,
            calls: operations.compactMap {
                if case .reserve(let call, let keyed, _) = $0 { (keyed, call.model) } else { nil }
            },
            ends: operations.compactMap(\.end) + abandoned.map { ($0.key, $0.value) }, counters: expected,
            knownLimits: knownLimits, seen: seen)
        if let doubted, try await wasDone(on: connection) { return .done(doubted, counters: expected) }
        let results = try await send([Self.begin] + reader.statements, on: connection)
        guard let facts = try await facts(reader, results.dropFirst(), on: connection) else {
            return .done(Answers(repeating: .failure(Self.unreadable), count: operations.count), counters: expected)
        }
        var answers = Answers(repeating: .failure(.unknownHold), count: operations.count)
        var books = facts.books
        books.machineClock = machineClock
        endHolds(&books, &answers)
        books.chargeAbandoned(abandoned.filter { books.hold($0.key)?.call == $0.value.id }.keys)
        books.chargeExpired(facts.expired)
        let asked = ask(&books, &answers)
        let needed = asked.counters
        let missing = needed.beyond(expected)
        if !missing.isEmpty {
            let rows = try await send([missing.statement], on: connection)[0].rows
            try missing.note(rows, in: &books.counters)
        }
        decide(asked, &books, &answers)
        return try await commit(
            books, answers, counters: needed.isEmpty ? expected : needed, on: connection)
    }

    private static let unreadable = GovernorError.ledgerUnavailable(
        reason: "the limits in force were written by a newer sluice, or are damaged; use that sluice")

    /// Makes books of what was read; nil, with nothing done, where its limits cannot be read.
    private func facts(
        _ reader: LedgerReader, _ results: ArraySlice<PostgresResult>, on connection: isolated PostgresConnection
    ) async throws(PostgresError) -> LedgerReader.Facts? {
        do {
            return try reader.facts(results, owner: owner)
        } catch {
            _ = try? await connection.run(PostgresStatement("ROLLBACK"), isCancellable: false)
            if let error = error as? PostgresError { throw error }
            return nil
        }
    }

    private static let begin = PostgresStatement("BEGIN ISOLATION LEVEL READ COMMITTED")

    /// A statement that fails leaves the transaction to be undone.
    private func send(
        _ statements: [PostgresStatement], on connection: isolated PostgresConnection
    ) async throws(PostgresError) -> [PostgresResult] {
        do throws(PostgresError) {
            return try await connection.pipeline(statements, isCancellable: false)
        } catch {
            // One that cannot even be undone is closed by the pool.
            _ = try? await connection.run(PostgresStatement("ROLLBACK"), isCancellable: false)
            throw error
        }
    }

    /// Whether an earlier attempt was committed after all.
    private func wasDone(on connection: isolated PostgresConnection) async throws(PostgresError) -> Bool {
        // The lost attempt has the lock until it ends, one way or the other: behind it the answer is final.
        let results = try await send(
            [
                Self.begin, LedgerHead.lock(clockMS: clockMS, seen: seen.lastID),
                PostgresStatement("SELECT last_commit FROM ledger_lanes WHERE lane = $1", [.text(lane)]),
                PostgresStatement("COMMIT"),
            ], on: connection)
        guard let row = results[2].rows.first else { return false }
        return try row.get(0, as: Int64.self) == number
    }

    // MARK: - The operations

    /// What needs counters: terms and lines, by the operation's place.
    private struct Asked {
        var terms: [Int: HoldTerms] = [:]
        var counted: [Int: [BudgetLine]] = [:]
        var counters: CounterRange { CounterRange(terms.values.flatMap(\.lines) + counted.values.joined()) }
    }

    private func endHolds(_ books: inout LedgerBooks, _ answers: inout Answers) {
        for (place, operation) in operations.enumerated() {
            do throws(GovernorError) {
                switch operation {
                case .settle(let hold, let call, _, let settlement): try books.settle(hold, of: call, settlement)
                case .chargeInFull(let hold, let call): try books.chargeInFull(hold, of: call.id)
                case .release(let hold, let call): try books.release(hold, of: call.id)
                case .reserve, .count: continue
                }
                answers[place] = .success(.ended)
            } catch {
                answers[place] = .failure(error)
            }
        }
    }

    private func ask(_ books: inout LedgerBooks, _ answers: inout Answers) -> Asked {
        var asked = Asked()
        for (place, operation) in operations.enumerated() {
            switch operation {
            case .reserve(let call, _, let terms):
                do throws(GovernorError) {
                    if let admission = try books.answer(to: call) {
                        answers[place] = .success(.admission(admission))
                    } else {
                        asked.terms[place] = try books.terms(of: call, terms)
                    }
                } catch {
                    answers[place] = .failure(error)
                }
            case .count(let lines): asked.counted[place] = lines(books.moment)
            case .settle, .chargeInFull, .release: break
            }
        }
        return asked
    }

    private func decide(_ asked: Asked, _ books: inout LedgerBooks, _ answers: inout Answers) {
        for (place, operation) in operations.enumerated() {
            if case .reserve(let call, _, _) = operation, let terms = asked.terms[place] {
                do throws(GovernorError) {
                    answers[place] = .success(.admission(try books.decide(call, terms)))
                } catch {
                    answers[place] = .failure(error)
                }
            }
        }
        for (place, lines) in asked.counted {
            answers[place] = .success(.counted(lines.map(books.counters.counter), books.moment))
        }
    }

    // MARK: - The end

    private func commit(
        _ books: LedgerBooks, _ answers: Answers, counters: CounterRange, on connection: isolated PostgresConnection
    ) async throws(PostgresError) -> Ending {
        let keys = operations.compactMap(\.call).map { ($0.id, $0.key) }
        let writes = LedgerWrites(
            now: books.now, lastID: books.lastID, changes: books.changes, counters: books.counters.changes,
            keys: Dictionary(keys) { first, _ in first }
        ).statements(owner: owner, lease: lease, lane: lane, commit: number)
        decided()
        do throws(PostgresError) {
            let results = try await connection.pipeline(
                writes + [PostgresStatement("COMMIT")], isCancellable: false)
            guard results.last?.command == "COMMIT" else {
                throw .connectionLost(server: connection.configuration.server)
            }
            seen.note(books.lastID)
            return .done(answers, counters: counters)
        } catch .connectionLost where !writes.isEmpty {
            return .inDoubt(answers)
        } catch {
            _ = try? await connection.run(PostgresStatement("ROLLBACK"), isCancellable: false)
            throw error
        }
    }
}
