package import FoundationEssentials
import FunctionKit
package import History
package import Postgres
import Waiting

/// Runs in PostgreSQL, for any number of hosts at once.
///
/// The clock is the server's. Writes that wait at the same moment share a transaction. PostgreSQL's texts have no zero
/// character; U+FFFD takes its place. ``close()`` it at the end.
package struct PostgresHistory: RunHistory {
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

    package func accept(
        id: String, input: Data, tenant: String?, pipeline: String?, expiresAt: Date?
    ) async throws {
        // Done twice it is done once, so that nobody has to wait for a server that stays silent.
        _ = try await writes.run(
            .accept(
                id: id.storable, input: String(decoding: input, as: UTF8.self).storable, tenant: tenant?.storable,
                pipeline: pipeline?.storable, expiresAt: expiresAt, now: now?()), isCancellable: true)
    }

    package func finish(id: String, _ end: RunEnd) async throws -> Bool {
        let write = HistoryWrite.finish(id: id.storable, end, now: now?())
        guard end.state == .done else { return try await writes.run(write) == 1 }
        // Within an invocation, whose time bounds it.
        return try await patiently { try await writes.run(write, isCancellable: true) } == 1
    }

    package func noteWaiting(id: String, until opensAt: Date, explanation: String) async throws {
        _ = try await writes.run(
            .waiting(id: id.storable, until: opensAt, explanation: explanation.storable, now: now?()))
    }

    package func reopen(id: String) async throws { _ = try await writes.run(.reopen(id: id.storable)) }

    package func recordStages(_ stages: [StageRun], atDoor: Bool) async throws {
        // Writes that wait at the same moment share a transaction.
        try await withThrowingTaskGroup { group in
            for stage in stages {
                group.addTask { [writes] in
                    _ = try await writes.run(.stage(stage, atDoor: atDoor), isCancellable: true)
                }
            }
            try await group.waitForAll()
        }
    }

    package func noteStart(of run: LoneRun) async throws { _ = try await writes.run(.start(of: run)) }

    package func noteEnd(of run: LoneRun) async throws { _ = try await writes.run(.end(of: run)) }

    // MARK: - Reading

    package func runsWithoutEnd(like run: LoneRun) async throws -> Int {
        let row = try await client.run(
            PostgresStatement(
                "SELECT count(*) FROM lone_runs WHERE run_id = $1 AND function = $2 AND attempt = $3",
                [.text(run.runID.storable), .text(run.function), .int8(run.attempt)])
        ).rows.first
        return try row?.get(0) ?? 0
    }

    package func run(id: String) async throws -> RunRecord? {
        let statements = RunRow.statements(id: id.storable)
        return try RunRow.records(
            try await client.withConnection { [witness] connection in
                guard let witness else { return try await connection.pipeline(statements) }
                return try await witness.pipeline(statements, on: connection)
            }
        ).first?.record
    }

    package func outcome(
        of id: String, where isComplete: @Sendable (RunRecord) -> Bool
    ) async throws -> RunRecord {
        do {
            return try await watch.looks(at: id.storable) { looks in
                for await _ in looks {
                    if let record = try await patiently({ try await run(id: id) }), record.state.isFinal,
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
        try await Deadline(after: Self.patience, by: .process).asking(every: Self.pause) { (error: any Error) in
            (error as? PostgresError)?.isPassing == true
        } _: {
            try await body()
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
                SELECT id FROM runs WHERE finished_at IS NULL AND expires_at <= coalesce($1::timestamptz, now())
                """, [.timestamptz(now?())])
        ).rows.map { try $0.get(0) }
    }

    package func withoutRoom(since start: Date) async throws -> (refused: Int, waiting: Int) {
        let row = try await client.run(
            PostgresStatement(
                """
                SELECT count(*) FILTER (WHERE state = 'refused' AND accepted_at >= $1),
                    count(*) FILTER (WHERE finished_at IS NULL),
                    (SELECT count(*) FROM runs WHERE finished_at >= $1 AND accepted_at >= $1
                        AND state = 'refused' AND reason = 'model-bound-breached')
                FROM runs WHERE reason = 'budget-exhausted'
                """, [.timestamptz(start)])
        ).rows.first
        guard let row else { return (refused: 0, waiting: 0) }
        let (noRoom, breached): (Int, Int) = (try row.get(0), try row.get(2))
        return (refused: noRoom + breached, waiting: try row.get(1))
    }

    package func counts() async throws -> [RunState: Int] {
        try await client.run(PostgresStatement("SELECT state, count(*) FROM runs GROUP BY state")).rows
            .reduce(into: [:]) { counts, row in
                if let state = RunState(rawValue: try row.get(0)) { counts[state] = try row.get(1) }
            }
    }

    package func degradedRuns(
        in span: Range<Date>
    ) async throws -> [(quarter: Date, tenant: String?, count: Int)] {
        try await client.run(
            PostgresStatement(
                """
                SELECT floor(extract(epoch FROM accepted_at) / 900)::int8 AS quarter, tenant, count(*) FROM runs
                WHERE is_degraded AND accepted_at >= $1 AND accepted_at < $2
                GROUP BY quarter, tenant ORDER BY quarter, tenant NULLS FIRST
                """, [.timestamptz(span.lowerBound), .timestamptz(span.upperBound)])
        ).rows.map { row in
            (Date(timeIntervalSince1970: Double(try row.get(0, as: Int64.self)) * 900), try row.get(1), try row.get(2))
        }
    }

    // MARK: - Keeping and deleting

    /// How many runs one transaction deletes, so that it locks none for long.
    private static let deletedAtOnceMax = 500

    package func runs(
        after position: Int64, tenant: String?, atMost count: Int
    ) async throws -> [(position: Int64, record: RunRecord)] {
        let statements = RunRow.statements(after: position, tenant: tenant?.storable, atMost: count)
        // Both from one snapshot.
        return try RunRow.records(
            try await client.withTransaction(isolation: .repeatableRead) { try await $0.pipeline(statements) })
    }

    package func deleteRuns(of tenant: String) async throws -> (deleted: Int, underWay: Int) {
        let deleted = try await delete("finished_at IS NOT NULL AND tenant = $1", .text(tenant.storable))
        let left = try await client.run(
            PostgresStatement(
                "SELECT count(*) FROM runs WHERE tenant = $1 AND finished_at IS NULL", [.text(tenant.storable)])
        ).rows.first
        return (deleted, try left?.get(0) ?? 0)
    }

    package func deleteRuns(olderThan age: Duration) async throws -> Int {
        // In the database, whose clock gave the runs their instants.
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
                SELECT id FROM runs WHERE \(condition)
                ORDER BY id LIMIT \(Self.deletedAtOnceMax) FOR UPDATE
            ), deleted_stages AS (
                DELETE FROM stages WHERE run_id IN (SELECT id FROM chosen)
            ), deleted_runs AS (
                DELETE FROM lone_runs WHERE run_id IN (SELECT id FROM chosen)
            )
            DELETE FROM runs WHERE id IN (SELECT id FROM chosen)
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
