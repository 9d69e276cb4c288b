import Foundation
import TestSupport
import Testing

@Suite("The limits in force", .timeLimit(.minutes(3)))
struct LimitsInForceTests {
    private static let question = "The shop refuses to repair my faulty washing machine under warranty. What can I do?"

    /// A folder with two others of budgets in it.
    private struct World {
        let folder: TemporaryFolder
        let small: String
        let large: String

        init() throws {
            folder = try TemporaryFolder()
            let (one, other) = (folder.url.appending(path: "small"), folder.url.appending(path: "large"))
            for place in [one, other] {
                try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            }
            small = try AskTests.budgets(in: one, replacing: [("limit: \"0.50\"", "limit: \"0.03\"")])
            large = try AskTests.budgets(in: other, replacing: [("limit: \"0.50\"", "limit: \"0.90\"")])
        }

        func sluice(_ arguments: String...) async throws -> SluiceProcess.Ending {
            try await SluiceProcess.run(arguments, in: folder.url)
        }

        func limit(_ budgets: String) async throws -> String? {
            let status = try await sluice("budget", "status", "--budgets", budgets, "--format", "json")
            return try JSONDecoder().decode(BudgetJSON.self, from: Data(status.output.utf8)).budgets.first?.limit_usd
        }
    }

    @Test("are the newest that the ledger has seen; older ones come back by `budget apply` alone")
    func stale() async throws {
        let world = try World()
        let first = try await world.sluice("ask", "--budgets", world.large, Self.question)
        #expect(first.status == 0, "\(first.errors)")
        // Whoever only looks brings nothing.
        #expect(try await world.limit(world.small) == "0.90")
        let second = try await world.sluice("ask", "--budgets", world.small, Self.question)
        #expect(second.status == 0 && second.errors.contains("daily: limit $0.90 → $0.03"), "\(second.errors)")
        #expect(try await world.limit(world.large) == "0.03")
        // The host with the larger limit starts again, with other white space and a comment.
        let file = URL(filePath: world.large).appending(path: "consumer-rights.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        try Data("# A comment.\n\n\(text)".utf8).write(to: file)
        let third = try await world.sluice("ask", "--budgets", world.large, Self.question)
        #expect(third.errors.contains("stale"), "\(third.errors)")
        let told = try await world.sluice("budget", "status", "--budgets", world.large)
        #expect(told.output.contains("are stale") && told.output.contains("0.03"), "\(told.output)")
        let missing = try await world.sluice("budget", "apply", world.large)
        #expect(missing.status == 2)
        let empty = try await world.sluice("budget", "apply", world.large, "--reason", " ")
        #expect(empty.status == 2)
        let applied = try await world.sluice("budget", "apply", world.large, "--reason", "a fair in town")
        #expect(applied.status == 0 && applied.errors.contains("daily: limit $0.03 → $0.90"), "\(applied.errors)")
        #expect(try await world.limit(world.small) == "0.90")
        let again = try await world.sluice("budget", "apply", file.path, "--reason", "again")
        #expect(again.status == 0 && again.errors.contains("in force already"), "\(again.errors)")
        let export = try await world.sluice("budget", "export")
        let decisions = export.output.split(separator: "\n").filter { $0.contains("\"kind\":\"apply\"") }
        #expect(decisions.count == 3 && decisions.last?.contains("\"reason\":\"a fair in town\"") == true)
        #expect(try await world.sluice("budget", "verify").status == 0)
    }

    /// A pipeline whose calls ask for less than the shipped one's at the least.
    private static let modest = """
        pipeline: test
        first: pii-filter
        functions:
          pii-filter: {next: rag-core, redacts: true}
          rag-core: {next: llm-connector}
          llm-connector:
            next: psql-worker
            model: {provider: bedrock, region: ap-south-1, id: "meta.llama3-70b-instruct-v1:0", timeout: 30s}
            parameters: {max_tokens: 2048, min_tokens: 16}
          psql-worker: {}

        """

    @Test("are those that must have room for one call at the start, and not the file's that are stale")
    func withoutRoom() async throws {
        let world = try World()
        let small = URL(filePath: world.small).appending(path: "consumer-rights.yaml")
        let text = try String(contentsOf: small, encoding: .utf8)
        try Data(text.replacing("\"0.03\"", with: "\"0.021\"").utf8).write(to: small)
        try Data(Self.modest.utf8).write(to: world.folder.url.appending(path: "m.yaml"))
        let room = "which has no room for one call of llm-connector"
        // Nothing is decided that no host would start with.
        let refused = try await world.sluice("budget", "apply", world.small, "--reason", "too small")
        #expect(refused.status == 2 && refused.errors.contains(room), "\(refused.errors)")
        for scope in ["{tenant: [acme, globex]}", "{model: [meta.lama3]}"] {
            let path = world.folder.url.appending(path: "\(UUID().uuidString).yaml")
            try Data(text.replacing("scope: {}", with: "scope: \(scope)").utf8).write(to: path)
            let slip = try await world.sluice("budget", "apply", path.path, "--reason", "a slip of the pen")
            let reason = "which no budget covers for questions without a tenant"
            #expect(slip.status == 2 && slip.errors.contains(reason), "\(slip.errors)")
        }
        let modest = try await world.sluice(
            "ask", "--manifest", "m.yaml", "--budgets", world.small, Self.question)
        #expect(modest.status == 0, "\(modest.errors)")
        let large = try await world.sluice("ask", "--budgets", world.large, Self.question)
        #expect(large.status == 0, "\(large.errors)")
        let stale = try await world.sluice("ask", "--budgets", world.small, Self.question)
        #expect(stale.status == 0 && stale.errors.contains("stale"), "\(stale.errors)")
        let applied = try await world.sluice(
            "budget", "apply", world.small, "--reason", "a test", "--manifest", "m.yaml")
        #expect(applied.status == 0, "\(applied.errors)")
        let stopped = try await world.sluice("ask", "--budgets", world.large, Self.question)
        #expect(stopped.status == 1 && stopped.output.isEmpty)
        #expect(
            stopped.errors.contains("the budget daily has a limit of $0.021, \(room)")
                && stopped.errors.contains("`sluice budget apply`"), "\(stopped.errors)")
    }

    @Test("say so when they are lowered below what one call may cost, and are lowered all the same")
    func lowered() async throws {
        let world = try World()
        let raise = ["budget", "raise", "daily", "--until", "2099-01-01T00:00:00Z", "--reason", "a test"]
        for (limit, isSaid) in [("0.02", true), ("0.30", false)] {
            let ending = try await SluiceProcess.run(raise + ["--to", limit], in: world.folder.url)
            #expect(ending.status == 0)
            let room = "the budget daily has a limit of $0.02, which has no room for one call of llm-connector"
            #expect(ending.errors.contains(room) == isSaid, "\(ending.errors)")
        }
        let status = try await world.sluice("budget", "status")
        #expect(status.output.contains("daily is lowered to $0.30"), "\(status.output)")
    }

    @Test("hold while two hosts with different files pay at the same time")
    func twoHosts() async throws {
        let world = try World()
        // Both are known; the small ones are in force.
        for budgets in [world.large, world.small] {
            #expect(
                try await world.sluice("budget", "apply", budgets, "--reason", "a test", "--budgets", budgets).status
                    == 0)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let budgets = number.isMultiple(of: 2) ? world.large : world.small
                    let ending = try await world.sluice(
                        "ask", "--budgets", budgets, "The phone number \(number) that I bought is faulty.")
                    #expect(ending.status == 0, "\(ending.errors)")
                }
            }
            try await group.waitForAll()
        }
        let status = try await world.sluice("budget", "status", "--format", "json")
        let line = try JSONDecoder().decode(BudgetJSON.self, from: Data(status.output.utf8)).budgets.first
        #expect(try #require(nanoUSD(line?.spent_usd ?? "")) <= 30_000_000)
        #expect(line?.limit_usd == "0.03")
    }
}
