import Answers
import Foundation
import FunctionKit
import History
import HistoryCompat
import HistoryPostgres
import Postgres
import PostgresTestServer
import TestSupport
import Testing

@Suite("PostgresHistory", .timeLimit(.minutes(5)))
struct PostgresHistoryTests {
    /// A client of an empty history, in a schema of its own.
    private static func client(_ configuration: PostgresConfiguration? = nil) async throws -> PostgresClient {
        let shared = try await PostgresTestServer.shared()
        let client = PostgresClient(configuration ?? shared.configuration(), waitMax: .seconds(20))
        try await client.migrate([PostgresHistory.schema])
        return client
    }

    private static func end(_ text: String = "{}") -> RunEnd {
        .done(Data(text.utf8), pipeline: "p", costNanoUSD: 1)
    }

    /// Ends a run of the pipeline that answers questions.
    private static func answer(_ passages: String = "[]") -> RunEnd {
        end(#"{"question":"What if it breaks?","answer":"Repair.","passages":\#(passages)}"#)
    }

    @Test("keeps every promise of a history", arguments: RunHistoryCompatTest.rules)
    func compat(rule: RunHistoryCompatTest.Rule) async throws {
        try await rule.check(
            RunHistoryCompatTest { now in
                let client = try await Self.client()
                return { PostgresHistory(client: client, now: now) }
            })
    }

    @Test("What no index takes is said to be unstorable, and no write that shares its transaction fails with it")
    func unstorableNeighbour() async throws {
        let history = PostgresHistory(client: try await Self.client())
        // PostgreSQL compresses what repeats.
        let long = String((0..<60_000).map { _ in "0123456789abcdefghijklmnopqrstuvwxyz".randomElement() ?? "x" })
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await history.accept(
                        id: "\(number)", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
                }
                group.addTask {
                    let error = await #expect(throws: PostgresError.self) {
                        try await history.accept(
                            id: "\(number)" + long, input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
                    }
                    #expect(error?.disposition == .deadLetter && error?.state?.rawValue == "54000")
                    #expect(error?.isPassing == false)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await history.counts() == [.queued: 20])
        await history.close()
    }

    @Test("The original's chat_history can be read as it was: prompt, answer, passages joined, instant")
    func chatHistory() async throws {
        let client = try await Self.client()
        let history = PostgresHistory(client: client, now: { Date(timeIntervalSince1970: 1_000) })
        let passages = #"[{"text":"First."},{"text":"Second."}]"#
        #expect(try await history.finish(id: "a", Self.answer(passages)))
        #expect(try await history.finish(id: "b", .without(.failed, reason: "timeout")))
        #expect(try await history.finish(id: "c", Self.answer()))
        // Of other pipelines, whatever they give.
        for (id, text) in [("x", "5"), ("y", "[{}]"), ("z", #"{"question":"a","answer":{},"b":"\u0000"}"#)] {
            #expect(try await history.finish(id: id, Self.end(text)))
        }
        let rows = try await client.run(
            PostgresStatement("SELECT id, user_prompt, llm_output, context, timestamp FROM chat_history ORDER BY id")
        ).rows
        #expect(try rows.map { try $0.get(0, as: Int64.self) } == [1, 3])
        #expect(try rows[0].get(1) == "What if it breaks?" && rows[0].get(2) == "Repair.")
        #expect(try rows[0].get(3) == "First.\n\nSecond." && rows[1].get(3, as: String?.self) == nil)
        #expect(try rows[0].get(4) == Date(timeIntervalSince1970: 1_000))
        // One that failed and is answered after all has its row as well.
        #expect(try await history.finish(id: "b", Self.answer()))
        let ids = try await client.run(PostgresStatement("SELECT id FROM chat_history ORDER BY id")).rows
        #expect(try ids.map { try $0.get(0, as: Int64.self) } == [1, 2, 3])
    }

    @Test("A database of the version with questions is brought up to date: each row and each answer is there")
    func older() async throws {
        let client = PostgresClient(try await PostgresTestServer.shared().configuration(), waitMax: .seconds(20))
        let schema = PostgresHistory.schema
        try await client.migrate([PostgresSchema(name: schema.name, migrations: Array(schema.migrations.prefix(2)))])
        let rows = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/questions.sql"),
            encoding: .utf8)
        // Looks like JSON, and is none.
        let quoted = """
            INSERT INTO questions (number, id, state, question, accepted_at, finished_at, answer, citations, passages,
                is_degraded, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nano_usd)
            OVERRIDING SYSTEM VALUE
            VALUES (17, 'quoted', 'answered', 'Why?', now(), now(), '"So," she said.', '[]', '[]', false, 0, 0, 0, 0, 0)
            """
        for row in rows.split(separator: "\n").map(String.init) + [quoted] {
            try await client.run(PostgresStatement(row, isPrepared: false))
        }
        for statement in ["CREATE ROLE history_reader", "GRANT SELECT ON chat_history TO history_reader"] {
            try await client.run(PostgresStatement(statement, isPrepared: false))
        }
        let view = PostgresStatement(
            "SELECT to_json(chat_history)::text FROM chat_history ORDER BY id", isPrepared: false)
        func answers() async throws -> [String] { try await client.run(view).rows.map { try $0.get(0) } }
        let before = try await answers()
        #expect(try await client.migrate([schema]) == ["history.3"])
        #expect(try await answers() == before.filter { !$0.contains("{\\\"passages") } && before.count == 5)
        #expect(try await client.inspect([schema]) == [])
        let right = try await client.run(
            PostgresStatement(
                "SELECT has_table_privilege('history_reader', 'chat_history', 'SELECT')", isPrepared: false))
        #expect(try right.rows.map { try $0.get(0, as: Bool.self) } == [true])
        let history = PostgresHistory(client: client)
        #expect(try await history.counts() == [.done: 5, .failed: 1, .refused: 1, .parked: 1, .queued: 1])
        let page = try await history.runs(after: 0, tenant: nil, atMost: 10)
        #expect(page.map(\.position) == [1, 3, 5, 7, 9, 11, 13, 15, 17])
        #expect(page[0].record.costNanoUSD > 0 && page[0].record.stages.count == 4)
        for place in [0, 1] { _ = try JSONSerialization.jsonObject(with: try #require(page[place].record.output)) }
        // All but the output of a pipeline that answers nothing.
        let answered = page.compactMap { run in
            run.record.output.flatMap { try? JSONDecoder().decode(AnsweredQuestion.self, from: $0) }
        }
        #expect(answered.count == 4 && answered.last?.answer == "\"So,\" she said." && answered.last?.id == "quoted")
        #expect(page[5].record.reason == RunRecord.noRoom && page[5].record.explanation != nil)
        let input = try #require(try await history.run(id: "queued")?.input)
        #expect(
            try JSONDecoder().decode([String: String].self, from: input)
                == ["question": "My mail is [EMAIL_1]: am I on my way?"])
        try await history.accept(id: "new", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
        #expect(try await history.runs(after: 17, tenant: nil, atMost: 9).map(\.record.id) == ["new"])
        // JSON that no text of PostgreSQL's can be made of takes nobody the view.
        #expect(try await history.finish(id: "new", Self.end(#"{"question":"a","answer":"b","half":"\ud800"}"#)))
        #expect(try await answers().count == 5)
        await history.close()
    }

    @Test("The shipped role of a host is enough for all that a host does, and can change no table")
    func leastPrivilege() async throws {
        let (owner, host) = try await PostgresTestServer.shared().makeDatabaseWithRoles("history_roles")
        try await PostgresClient(owner).migrate([PostgresHistory.schema])
        let client = PostgresClient(host)
        #expect(try await client.migrate([PostgresHistory.schema]).isEmpty)
        let history = PostgresHistory(client: client)
        try await history.accept(id: "q", input: Data("{}".utf8), tenant: "acme", pipeline: "p", expiresAt: .now)
        #expect(try await history.overdue() == ["q"])
        async let outcome = history.outcome(of: "q")
        try await history.recordStages([StageRun(runID: "q", function: "f", attempt: 1, milliseconds: 1)])
        #expect(try await history.finish(id: "q", .without(.failed, reason: "r")))
        #expect(try await outcome.state == .failed)
        try await history.reopen(id: "q")
        #expect(try await history.finish(id: "q", Self.answer()))
        #expect(try await client.run(PostgresStatement("SELECT llm_output FROM chat_history")).count == 1)
        #expect(try await history.runs(after: 0, tenant: nil, atMost: 10).count == 1)
        #expect(try await history.deleteRuns(olderThan: .seconds(60)) == 0)
        #expect(try await history.deleteRuns(of: "acme").deleted == 1)
        for statement in ["DROP TABLE runs", "ALTER TABLE runs ADD COLUMN x int8", "CREATE TABLE x (n int8)"] {
            await #expect {
                try await client.run(PostgresStatement(statement))
            } throws: { ($0 as? PostgresError)?.state == .insufficientPrivilege }
        }
        await history.close()
    }

    @Test("Writes that wait together share a round trip, so that many take hardly longer than one")
    func batches() async throws {
        let client = try await Self.client()
        let history = PostgresHistory(client: client)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 { group.addTask { _ = try await history.finish(id: "q\(number)", Self.answer()) } }
            try await group.waitForAll()
        }
        #expect(try await history.counts() == [.done: 1000])
        // Each row names the transaction that wrote it.
        let row = try await client.run(PostgresStatement("SELECT count(DISTINCT xmin::text) FROM runs")).rows[0]
        let count: Int = try row.get(0)
        #expect(count < 100, "\(count) transactions for 1000 answers")
    }

    @Test("An answer reads no more rows in a long history than in the short one on which it was planned")
    func lookups() async throws {
        let server = try await PostgresTestServer.shared()
        var configuration = server.configuration()
        configuration.applicationName = "plans-\(UUID().uuidString)"
        let client = try await Self.client(configuration)
        let history = PostgresHistory(client: client)
        #expect(try await history.finish(id: "first", Self.answer()))
        try await client.run(PostgresStatement("ANALYZE runs", isPrepared: false))
        for number in 0..<500 { #expect(try await history.finish(id: "q\(number)", Self.answer())) }
        await history.close()
        await client.close()
        let read = try await server.rowsRead(by: configuration) / 500
        #expect(read < 10, "\(read) rows an answer")
    }

    @Test("A server that is killed and started again loses no answer that was stored, and keeps each once")
    func killed() async throws {
        let server = try await PostgresTestServer()
        let client = try await Self.client(server.configuration())
        let history = PostgresHistory(client: client)
        let (progress, tell) = AsyncStream.makeStream(of: Void.self)
        let stored = try await withThrowingTaskGroup(of: [String].self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var stored: [String] = []
                    for number in 0..<60 {
                        let id = "\(worker)-\(number)"
                        // As a host: a write that failed is tried again, until it is known to be done.
                        while true {
                            do {
                                if try await history.finish(id: id, Self.answer()) { stored.append(id) }
                                break
                            } catch is PostgresError {
                                try Task.checkCancellation()
                            }
                        }
                        tell.yield()
                    }
                    return stored
                }
            }
            async let outcome = history.outcome(of: "after")
            for round in 0..<4 {
                for await _ in progress.prefix(60) {}
                if round.isMultiple(of: 2) { await server.kill() } else { await server.stop() }
                try await server.start()
            }
            let all = try await group.reduce(into: []) { $0 += $1 }
            // The asker's connection was broken four times.
            #expect(try await history.finish(id: "after", Self.answer()))
            #expect(try await outcome.state == .done)
            return all
        }
        // A write that broke is repeated by its number, so that even its own answer is the first's.
        #expect(Set(stored).count == stored.count)
        #expect(try await history.counts() == [.done: 481])
        await history.close()
        await client.close()
        await server.stop()
    }

    @Test(
        "What is wrong with server, tables or rights uses up no attempt; what a value can be the reason of does",
        arguments: [
            ("53100", HostTrouble.Kind.unavailable), ("53200", .unavailable), ("53300", .unavailable),
            ("57014", .unavailable), ("57P03", .unavailable), ("58030", .unavailable), ("25006", .unavailable),
            ("XX001", .unavailable), ("55P03", .unavailable), ("28P01", .credentials), ("3D000", .notFound),
            ("42P01", .notFound), ("42501", .access), ("23505", nil), ("P0001", nil),
        ])
    func dispositions(code: String, kind: HostTrouble.Kind?) {
        let refused = PostgresError.refused(server: "s", state: SQLState(rawValue: code), constraint: nil)
        #expect(refused.code == "postgres-refused-\(code)")
        let trouble = kind.map { Disposition.hostTrouble(HostTrouble($0, code: refused.code)) }
        #expect(refused.disposition == trouble ?? .retry)
    }

    @Test("A server that is not reached, for whatever reason, uses up no attempt")
    func unconnected() {
        for (code, kind) in [(nil, HostTrouble.Kind.unreachable), ("57P03", .unreachable), ("28P01", .credentials)] {
            let error = PostgresError.cannotConnect(
                server: "s", state: code.map(SQLState.init(rawValue:)), reason: "")
            #expect(error.disposition == .hostTrouble(HostTrouble(kind, code: "postgres-unreachable")))
        }
    }

    @Test("Two transactions that meet are no trouble of the server")
    func met() {
        let refused = PostgresError.refused(server: "s", state: .serializationFailure, constraint: nil)
        #expect(refused.disposition == .handBack)
    }

    @Test("What can never be stored is dead at once", arguments: ["22021", "22P05", "54000"])
    func unstorable(code: String) {
        let refused = PostgresError.refused(server: "s", state: SQLState(rawValue: code), constraint: nil)
        #expect(refused.disposition == .deadLetter)
    }

    @Test("An answer waits for a server that is away, and is stored once")
    func away() async throws {
        let server = try await PostgresTestServer()
        let configuration = server.configuration()
        try await Self.client(configuration).close()
        // The pool itself waits hardly at all.
        let client = PostgresClient(configuration, waitMax: .milliseconds(1))
        let history = PostgresHistory(client: client)
        await server.kill()
        async let stored = history.finish(id: "a", Self.answer())
        await #expect {
            try await history.accept(id: "b", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
        } throws: { error in
            (error as? PostgresError)?.disposition
                == .hostTrouble(HostTrouble(.unreachable, code: "postgres-unreachable"))
        }
        try await server.start()
        #expect(try await stored)
        #expect(try await !history.finish(id: "a", Self.answer()))
        await history.close()
        await client.close()
        await server.stop()
    }

    @Test("An answer that is given up while the server is silent is handed back at once, and holds up no later write")
    func silent() async throws {
        let server = try await PostgresTestServer()
        var configuration = server.configuration()
        let owner = try await Self.client(configuration)
        (configuration.connectTimeout, configuration.answerTimeout) = (.seconds(1), .seconds(3600))
        let client = PostgresClient(configuration, waitMax: .milliseconds(1))
        let history = PostgresHistory(client: client)
        try await history.accept(id: "a", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
        try await owner.withTransaction { connection in
            try await connection.run(PostgresStatement("SELECT 1 FROM runs FOR UPDATE"))
            let given = Task { try await history.finish(id: "a", Self.answer()) }
            try await PostgresTestServer.untilBlocked(by: connection)
            server.freeze(true)
            given.cancel()
            await #expect {
                try await given.value
            } throws: { error in
                switch (error as? PostgresError)?.disposition {
                case .handBack, .hostTrouble: true
                default: false
                }
            }
            await #expect {
                try await history.accept(id: "b", input: Data("{}".utf8), tenant: nil, pipeline: "p", expiresAt: nil)
            } throws: { error in
                if case .cannotConnect = error as? PostgresError { true } else { false }
            }
            server.freeze(false)
        }
        // The first may have been done all the same.
        _ = try await history.finish(id: "a", Self.answer())
        #expect(try await history.run(id: "a")?.state == .done)
        #expect(try await history.counts() == [.done: 1])
        await history.close()
        await client.close()
        await owner.close()
        await server.stop()
    }

    @Test("A closed history keeps nobody waiting, and leaves no connection")
    func closed() async throws {
        let client = try await Self.client()
        let history = PostgresHistory(client: client)
        await withThrowingTaskGroup(of: RunRecord.self) { group in
            group.addTask { try await history.outcome(of: "q") }
            await history.close()
            let ending = await group.nextResult()
            #expect(throws: CancellationError.self) { try ending?.get() }
        }
        await client.close()
        let other = try await Self.client()
        let listeners = try await other.run(
            PostgresStatement(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' || $1 || '%'",
                [.text(client.configuration.schema + ".")])
        ).rows[0]
        #expect(try listeners.get(0) == Int64(0))
    }
}
