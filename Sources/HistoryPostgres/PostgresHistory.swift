package import FoundationEssentials
package import FunctionKit
package import History
package import Postgres

/// Questions and answers in PostgreSQL, for any number of hosts at once.
///
/// The clock is the server's. Writes that wait at the same moment share a transaction. PostgreSQL's texts have no zero
/// character; U+FFFD takes its place. ``close()`` it at the end.
package struct PostgresHistory: QuestionHistory {
    private let client: PostgresClient
    private let now: (@Sendable () -> Date)?
    private let watch: OutcomeWatch
    /// The connection on which writes are shared.
    private let writer: PostgresClient
    private let writes: HistoryWrites
    private let witness: CommitWitness?

    /// A history in a database whose tables are up to date; see ``schema``.
    ///
    /// - Parameters:
    ///   - client: For what is read; shared with others, closed by its owner. Writes have a connection of their own, and
    ///     who waits for an outcome listens on a further one.
    ///   - witness: Keeps what is written, and what is said of a question, from a copy of the database.
    ///   - now: A clock that a test sets, instead of the server's.
    package init(client: PostgresClient, witness: CommitWitness? = nil, now: (@Sendable () -> Date)? = nil) {
        self.witness = witness
        self.client = client
        self.now = now
        watch = OutcomeWatch(client: client)
        writer = PostgresClient(
            client.configuration.forLookups("history"), connectionsMax: 1, waitMax: client.waitMax)
        writes = HistoryWrites(client: writer, witness: witness, notification: watch.notification)
    }

    /// Ends the waiting for outcomes, and closes the history's own connections after the writes under way; to be called
    /// before the client is closed.
    package func close() async {
        await watch.close()
        await writes.close()
        await writer.close()
    }

    /// Makes the connection for writes now, so that a lack of places shows before anything rests on it.
    ///
    /// - Throws: `PostgresError`.
    package func connect() async throws { _ = try await writer.open(1) }

    // MARK: - Writing

    package func store(_ answer: AnsweredQuestion) async throws -> Bool {
        let answer = answer.storable
        let write = try HistoryWrite.finish(id: answer.id, state: .answered, answer: answer, now: now?())
        return try await patiently { try await writes.run(write, isCancellable: true) } == 1
    }

    package func accept(
        id: String, question: String, tenant: String?, pipeline: String?, expiresAt: Date?
    ) async throws {
        // Done twice it is done once, so that nobody has to wait for a server that stays silent.
        _ = try await writes.run(
            .accept(
                id: id.storable, question: question.storable, tenant: tenant?.storable,
                pipeline: pipeline?.storable, expiresAt: expiresAt, now: now?()), isCancellable: true)
    }

    package func finish(
        id: String, state: QuestionState, reason: String, opensAt: Date?, explanation: String?
    ) async throws -> Bool {
        try await writes.run(
            .finish(
                id: id.storable, state: state, reason: reason.storable, opensAt: opensAt,
                explanation: explanation?.storable, now: now?())) == 1
    }

    package func noteWaiting(id: String, until opensAt: Date, explanation: String) async throws {
        _ = try await writes.run(
            .waiting(id: id.storable, until: opensAt, explanation: explanation.storable, now: now?()))
    }

    package func reopen(id: String) async throws { _ = try await writes.run(.reopen(id: id.storable)) }

    package func recordStages(_ runs: [StageRun]) async throws {
        // Writes that wait at the same moment share a transaction.
        try await withThrowingTaskGroup { group in
            for run in runs { group.addTask { [writes] in _ = try await writes.run(.stage(run), isCancellable: true) } }
            try await group.waitForAll()
        }
    }

    package func noteStart(of run: LoneRun) async throws { _ = try await writes.run(.start(of: run)) }

    package func noteEnd(of run: LoneRun) async throws { _ = try await writes.run(.end(of: run)) }

    // MARK: - Reading

    package func runsWithoutEnd(like run: LoneRun) async throws -> Int {
        let row = try await client.run(
            PostgresStatement(
                "SELECT count(*) FROM lone_runs WHERE question_id = $1 AND function = $2 AND attempt = $3",
                [.text(run.questionID.storable), .text(run.function), .int8(run.attempt)])
        ).rows.first
        return try row?.get(0) ?? 0
    }

    package func question(id: String) async throws -> QuestionRecord? {
        let statements = QuestionRow.statements(id: id.storable)
        return try QuestionRow.records(
            try await client.withConnection { [witness] connection in
                guard let witness else { return try await connection.pipeline(statements) }
                return try await witness.pipeline(statements, on: connection)
            }
        ).first?.record
    }

    package func outcome(
        of id: String, where isComplete: @Sendable (QuestionRecord) -> Bool
    ) async throws -> QuestionRecord {
        do {
            return try await watch.looks(at: id.storable) { looks in
                for await _ in looks {
                    if let record = try await patiently({ try await question(id: id) }), record.state != .accepted,
                        isComplete(record)
                    {
                        return record
                    }
                }
                throw CancellationError()
            }
        } catch {
            throw Task.isCancelled ? CancellationError() : error
        }
    }

    /// How long a server that is away is waited for, and how long between two tries.
    private static let (patience, pause) = (Duration.seconds(60), Duration.seconds(1))

    /// Tries again and again where the server is away for now, until the task is cancelled.
    private func patiently<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let end = ProcessClock.now + Self.patience
        while true {
            do {
                return try await body()
            } catch let error as PostgresError {
                guard error.isPassing, .now < end else { throw error }
                // No event tells that a server is back.
                guard (try? await Task.sleep(for: Self.pause)) != nil else { throw error }
            }
        }
    }

    package func instant() async throws -> Date {
        let row = try await client.run(
            PostgresStatement("SELECT coalesce($1::timestamptz, now())", [.timestamptz(now?())])
        ).rows.first
        guard let row else { throw PostgresError.unexpectedType(column: 0) }
        return try row.get(0)
    }

    package func overdue() async throws -> [String] {
        try await client.run(
            PostgresStatement(
                """
                SELECT id FROM questions WHERE state = 'accepted' AND expires_at <= coalesce($1::timestamptz, now())
                """, [.timestamptz(now?())])
        ).rows.map { try $0.get(0) }
    }

    package func withoutRoom(since start: Date) async throws -> (refused: Int, waiting: Int) {
        let row = try await client.run(
            PostgresStatement(
                """
                SELECT count(*) FILTER (WHERE state = 'refused' AND accepted_at >= $1),
                    count(*) FILTER (WHERE state = 'accepted'),
                    (SELECT count(*) FROM questions WHERE finished_at >= $1 AND accepted_at >= $1
                        AND state = 'refused' AND reason = 'model-bound-breached')
                FROM questions WHERE reason = 'budget-exhausted'
                """, [.timestamptz(start)])
        ).rows.first
        guard let row else { return (refused: 0, waiting: 0) }
        let (noRoom, breached): (Int, Int) = (try row.get(0), try row.get(2))
        return (refused: noRoom + breached, waiting: try row.get(1))
    }

    package func counts() async throws -> [QuestionState: Int] {
        try await client.run(PostgresStatement("SELECT state, count(*) FROM questions GROUP BY state")).rows
            .reduce(into: [:]) { counts, row in
                if let state = QuestionState(rawValue: try row.get(0)) { counts[state] = try row.get(1) }
            }
    }

    package func degradedAnswers(
        in span: Range<Date>
    ) async throws -> [(quarter: Date, tenant: String?, count: Int)] {
        try await client.run(
            PostgresStatement(
                """
                SELECT floor(extract(epoch FROM accepted_at) / 900)::int8 AS quarter, tenant, count(*) FROM questions
                WHERE is_degraded AND accepted_at >= $1 AND accepted_at < $2
                GROUP BY quarter, tenant ORDER BY quarter, tenant NULLS FIRST
                """, [.timestamptz(span.lowerBound), .timestamptz(span.upperBound)])
        ).rows.map { row in
            (Date(timeIntervalSince1970: Double(try row.get(0, as: Int64.self)) * 900), try row.get(1), try row.get(2))
        }
    }

    // MARK: - Keeping and deleting

    /// How many questions one transaction deletes, so that it locks none for long.
    private static let deletedAtOnceMax = 500

    package func questions(
        after position: Int64, tenant: String?, atMost count: Int
    ) async throws -> [(position: Int64, record: QuestionRecord)] {
        let statements = QuestionRow.statements(after: position, tenant: tenant?.storable, atMost: count)
        // Both from one snapshot.
        return try QuestionRow.records(
            try await client.withTransaction(isolation: .repeatableRead) { try await $0.pipeline(statements) })
    }

    package func deleteQuestions(of tenant: String) async throws -> (deleted: Int, underWay: Int) {
        let deleted = try await delete("state <> 'accepted' AND tenant = $1", .text(tenant.storable))
        let left = try await client.run(
            PostgresStatement(
                "SELECT count(*) FROM questions WHERE tenant = $1 AND state = 'accepted'", [.text(tenant.storable)])
        ).rows.first
        return (deleted, try left?.get(0) ?? 0)
    }

    package func deleteQuestions(olderThan age: Duration) async throws -> Int {
        // In the database, whose clock gave the questions their instants.
        try await delete(
            "finished_at < coalesce($1::timestamptz, now()) - $2::int8 * interval '1 millisecond'",
            .timestamptz(now?()),
            .int8(Int64(age / .milliseconds(1))))
    }

    private func delete(_ condition: String, _ values: PostgresValue...) async throws -> Int {
        // In the order in which writers come, so that nobody waits for anybody else in a circle.
        let statement = PostgresStatement(
            """
            WITH chosen AS (
                SELECT id FROM questions WHERE \(condition)
                ORDER BY id LIMIT \(Self.deletedAtOnceMax) FOR UPDATE
            ), deleted_stages AS (
                DELETE FROM stages WHERE question_id IN (SELECT id FROM chosen)
            ), deleted_runs AS (
                DELETE FROM lone_runs WHERE question_id IN (SELECT id FROM chosen)
            )
            DELETE FROM questions WHERE id IN (SELECT id FROM chosen)
            """, values)
        var total = 0
        while true {
            let deleted = try await writer.run(statement).count
            total += deleted
            // Fewer than so many says nothing: some may have changed while it waited for them.
            if deleted == 0 { return total }
        }
    }
}

extension String {
    /// The text as PostgreSQL can keep it.
    var storable: String { utf8.contains(0) ? replacing("\0", with: "\u{FFFD}") : self }
}

extension AnsweredQuestion {
    fileprivate var storable: AnsweredQuestion {
        AnsweredQuestion(
            id: id.storable, question: question.storable, answer: answer.storable,
            citations: citations.map { Citation(id: $0.id.storable, heading: $0.heading.storable) },
            passages: passages.map {
                Passage(id: $0.id.storable, heading: $0.heading.storable, text: $0.text.storable, score: $0.score)
            }, isDegraded: isDegraded, usage: usage, costNanoUSD: costNanoUSD, model: model?.storable)
    }
}
