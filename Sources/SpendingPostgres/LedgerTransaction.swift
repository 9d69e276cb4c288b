import FunctionKit
import Postgres
import Spending

/// One transaction for all who asked at the same moment: lock and read, decide, write and commit.
///
/// Three round trips, two where nobody needs a counter, whatever the number of operations.
struct LedgerTransaction {
    typealias Answers = [Result<LedgerAnswer, GovernorError>]

    /// How it ended.
    enum Ending {
        case done(Answers)
        /// The connection broke during the commit: these are the answers, if it was done.
        case inDoubt(Answers)
    }

    let operations: [LedgerOperation]
    /// Holds of this owner that nobody will end.
    let abandoned: Set<Int64>
    let clockMS: Int64?
    let owner: String
    let lease: Duration
    /// Its number among this owner's.
    let number: Int64
    /// The answers that an earlier attempt of it would have given, had its commit been heard of.
    let doubted: Answers?

    func run(on connection: PostgresConnection) async throws(PostgresError) -> Ending {
        let reader = LedgerReader(
            clockMS: clockMS, calls: operations.compactMap { if case .reserve(let call, _) = $0 { call } else { nil } },
            holds: operations.compactMap(\.hold) + abandoned.sorted())
        if let doubted, try await wasDone(on: connection) { return .done(doubted) }
        let results = try await send([Self.begin] + reader.statements, on: connection)
        var books = try reader.books(results.dropFirst(), owner: owner, lease: lease)
        var answers = Answers(repeating: .failure(.unknownHold), count: operations.count)
        endHolds(&books, &answers)
        let asked = ask(&books, &answers)
        if !asked.lines.isEmpty {
            let counters = try await send([CounterReader.statement(asked.lines)], on: connection)
            try CounterReader.note(counters[0].rows, in: &books)
        }
        decide(asked, &books, &answers)
        return try await commit(books, answers, on: connection)
    }

    private static let begin = PostgresStatement("BEGIN ISOLATION LEVEL READ COMMITTED")

    /// A statement that fails leaves the transaction to be undone.
    private func send(
        _ statements: [PostgresStatement], on connection: PostgresConnection
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
    private func wasDone(on connection: PostgresConnection) async throws(PostgresError) -> Bool {
        // The lost attempt has the lock until it ends, one way or the other: behind it the answer is final.
        let results = try await send(
            [
                Self.begin, PostgresStatement(LedgerReader.lock, [.int8(clockMS)]),
                PostgresStatement("SELECT last_commit FROM ledger_hosts WHERE owner = $1", [.text(owner)]),
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
        var lines: [BudgetLine] { terms.values.flatMap(\.lines) + counted.values.joined() }
    }

    private func endHolds(_ books: inout LedgerBooks, _ answers: inout Answers) {
        for (place, operation) in operations.enumerated() {
            do throws(GovernorError) {
                switch operation {
                case .settle(let hold, let call, let settlement): try books.settle(hold, of: call, settlement)
                case .chargeInFull(let hold): try books.chargeInFull(hold)
                case .release(let hold): try books.release(hold)
                case .reserve, .count: continue
                }
                answers[place] = .success(.ended)
            } catch {
                answers[place] = .failure(error)
            }
        }
        books.chargeAbandoned(abandoned)
        books.chargeExpired()
    }

    private func ask(_ books: inout LedgerBooks, _ answers: inout Answers) -> Asked {
        var asked = Asked()
        for (place, operation) in operations.enumerated() {
            switch operation {
            case .reserve(let call, let terms):
                do throws(GovernorError) {
                    if let admission = try admission(of: call, books) {
                        answers[place] = .success(.admission(admission))
                    } else {
                        let terms = try terms(books.moment)
                        guard books.breaches[call.model, default: []].allSatisfy(terms.price.covers) else {
                            throw .boundBreached(call.model)
                        }
                        asked.terms[place] = terms
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

    /// The answer to a call of which the ledger knows already.
    private func admission(of call: PaidCall, _ books: LedgerBooks) throws(GovernorError) -> LedgerAdmission? {
        switch books.known[call.id] {
        case .settled(let settlement): .settled(settlement)
        case .forgotten: throw .answerForgotten
        case .held(let hold): books.isInFlight(hold, abandoned: abandoned) ? .inFlight : nil
        case nil: nil
        }
    }

    private func decide(_ asked: Asked, _ books: inout LedgerBooks, _ answers: inout Answers) {
        for (place, operation) in operations.enumerated() {
            if case .reserve(let call, _) = operation, let terms = asked.terms[place] {
                switch terms.decide(terms.lines.map(books.counter)) {
                case .refuse(let counter, let bound):
                    answers[place] = .success(.admission(.refused(counter, bound: bound)))
                case .hold(let bound, let outputTokensMax):
                    let id = books.hold(call, terms: terms, bound: bound)
                    answers[place] = .success(
                        .admission(
                            .held(holdID: String(id), terms: terms, bound: bound, outputTokensMax: outputTokensMax)))
                }
            }
        }
        for (place, lines) in asked.counted {
            answers[place] = .success(.counted(lines.map(books.counter), books.moment))
        }
    }

    // MARK: - The end

    private func commit(
        _ books: LedgerBooks, _ answers: Answers, on connection: PostgresConnection
    ) async throws(PostgresError) -> Ending {
        let writes = books.writes.statements(owner: owner, leaseUntilMS: books.leaseUntilMS, commit: number)
        do throws(PostgresError) {
            let results = try await connection.pipeline(
                writes + [PostgresStatement("COMMIT")], isCancellable: false)
            guard results.last?.command == "COMMIT" else { throw .connectionLost(server: connection.configuration.server) }
            return .done(answers)
        } catch .connectionLost where !writes.isEmpty {
            return .inDoubt(answers)
        } catch {
            _ = try? await connection.run(PostgresStatement("ROLLBACK"), isCancellable: false)
            throw error
        }
    }
}
