import Foundation
import History
import TestSupport
import Testing

@Suite("sluice history", .timeLimit(.minutes(2)))
struct HistoryCommandTests {
    private struct Line: Decodable {
        let id, state, question, accepted_at: String
        let tenant: String?
    }

    @Test("exports a JSON object a line, deletes a tenant's questions when told twice, and leaves the others")
    func history() async throws {
        try await HostWorld.run { world in
            for (id, tenant) in [("a", "acme"), ("b", nil), ("c", "acme"), ("d", "acme")] {
                try await world.history.accept(
                    id: id, input: Data("{\"question\":\"Why?\\n\(id)\"}".utf8), tenant: tenant, pipeline: "p",
                    expiresAt: nil)
                guard id != "d" else { continue }
                _ = try await world.history.finish(id: id, .without(.failed, reason: "timeout"))
            }
            let lines = try await world.sluice(["history", "export"]).output.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            #expect(lines.map(\.id) == ["a", "b", "c", "d"] && lines.map(\.tenant) == ["acme", nil, "acme", "acme"])
            #expect(
                lines[0].question == "Why?\na" && lines[3].state == "accepted" && lines[0].accepted_at.hasSuffix("Z"))
            let asked = try await world.sluice(["history", "delete-tenant", "acme"])
            #expect(asked.status == 2 && asked.errors.contains("add --yes to do it"))
            let deleted = try await world.sluice(["history", "delete-tenant", "acme", "--yes"])
            #expect(
                deleted.output == "2 questions deleted\n\n1 still under way; delete again when they have ended.")
            #expect(try await world.sluice(["history", "export", "--tenant", "acme"]).output.contains("\"id\":\"d\""))
            #expect(try await world.history.run(id: "a") == nil)
            #expect(try await world.history.run(id: "b") != nil)
        }
    }

    @Test("a host deletes what is older than SLUICE_HISTORY_DAYS, and nothing else")
    func retention() async throws {
        try await HostWorld.run { world in
            // With one of today: where nothing is, the clock might be a month ahead, and a day would be waited for.
            for (id, days) in [("old", 31.0), ("new", 29), ("today", 0)] {
                _ = try await world.history(daysAgo: days).finish(id: id, .without(.failed, reason: "timeout"))
            }
            let host = try await HostRun.start(
                in: world.folder, environment: HostRun.unused.merging(["SLUICE_HISTORY_DAYS": "30"]) { $1 })
            #expect(try await host.line("old questions deleted")["count"] as? String == "1")
            #expect(try await world.history.run(id: "old") == nil)
            #expect(try await world.history.run(id: "new") != nil)
            #expect(await host.end() == 0)
        }
    }
}
