import Answers
import Foundation
import FunctionHost
import FunctionKit
import History
import Messaging
import RabbitMQServer
import TestSupport
import Testing

@Suite(
    "a campaign of faults", .timeLimit(.minutes(20)), .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["SLUICE_SHARED_DATA"] != nil, "needs the shared data"))
struct FaultCampaignTests {
    private struct Complaint: Decodable {
        let narrative: String
    }

    /// Enough for most questions, so that the last ones meet the limit.
    private static let limit = Campaign.isLong ? "2.50" : "0.40"
    private static let count = Campaign.isLong ? 500 : 60
    private static let functions = ["pii-filter", "rag-core", "llm-connector", "psql-worker"]

    /// Real complaints, each with the personal data of an asker.
    private func questions(_ marks: PrivateMarks, from data: String) throws -> [String] {
        let text = try String(contentsOfFile: data + "/complaints/cfpb-narratives-dev.jsonl", encoding: .utf8)
        let complaints = try text.split(separator: "\n").prefix(Self.count).enumerated().map { number, line in
            let narrative = try JSONDecoder().decode(Complaint.self, from: Data(line.utf8)).narrative
            // Room for the marks within what the door takes.
            let cut = String(decoding: narrative.utf8.prefix(8_000), as: UTF8.self)
            return marks.plant(in: "Order ORD-\(number)-KX: \(cut)", number: number)
        }
        try #require(complaints.count == Self.count)
        return complaints
    }

    @Test(
        "real complaints are all answered once and paid once whatever fails, and nobody's data is anywhere",
        arguments: [false, true])
    func complaints(onPostgresAndChroma: Bool) async throws {
        let data = try #require(ProcessInfo.processInfo.environment["SLUICE_SHARED_DATA"])
        let marks = PrivateMarks(count: Self.count)
        let questions = try questions(marks, from: data)
        let servers = try await CampaignServers.start(sharedData: onPostgresAndChroma ? data : nil)
        try await HostWorld.run(
            onRabbitMQ: servers.broker.url(vhost: servers.vhost, port: servers.proxy.port) + "?heartbeat=4",
            database: servers.data.map { .postgres($0.postgres) } ?? .sqlite,
            manifest: HostWorld.manifest(concurrency: 8)
        ) { world in
            try world.writeBudgets(limit: Self.limit)
            try await ModelServer.run(latency: .milliseconds(500)) { model in
                let asker = Asker(world)
                var campaign = try await FaultCampaign(world, model, servers)
                let ids = try await ask(questions, asker, world, &campaign)
                try await checkOutcomes(ids, questions, world, campaign)
                try await campaign.end()
                campaign.expectSigns()
                try await checkMoney(ids, world, model)
                if servers.data != nil { try await checkPassages(ids, world) }
                for body in model.received { #expect(!marks.areIn(body)) }
                for line in campaign.log { #expect(!marks.areIn(Data(line.utf8)), "personal data in a log line") }
                // The queues' files and the data file hold the questions without it, so looking there can fail.
                if let url = world.environment["DATABASE_URL"] {
                    let rows = try await HostDatabase.rows(url)
                    for row in rows { #expect(!marks.areIn(Data(row.utf8)), "personal data in a table") }
                    #expect(rows.contains { $0.contains("[PHONE_1]") })
                } else {
                    #expect(try marks.check(folder: world.folder) > 0)
                }
                #expect(try marks.check(folder: URL(filePath: servers.broker.folder)) > 0)
            }
        }
        await servers.close()
    }

    /// Asks all questions, a portion at each fault, which strikes when some of the portion are under way.
    private func ask(
        _ questions: [String], _ asker: Asker, _ world: HostWorld, _ campaign: inout FaultCampaign
    ) async throws -> [String] {
        var ids: [String] = []
        let size = questions.count / campaign.faults.count
        for (number, fault) in campaign.faults.enumerated() {
            let isLast = number == campaign.faults.count - 1
            let portion = questions[(number * size)..<(isLast ? questions.count : (number + 1) * size)]
            if fault.needsQuiet {
                for id in ids { _ = try await campaign.outcome(of: id, world) }
                try await waitForEmptyQueues(world, campaign)
                try await campaign.strike(fault)
                ids += try await asker.ask(portion)
                continue
            }
            let first = try await asker.ask(portion.prefix(1))
            // Some before the fault and some while it lasts.
            async let others = asker.ask(portion.dropFirst(), every: .milliseconds(400))
            _ = try await campaign.outcome(of: first[0], world)
            try await campaign.strike(fault)
            ids += try await first + others
        }
        return ids
    }

    private func checkOutcomes(
        _ ids: [String], _ questions: [String], _ world: HostWorld, _ campaign: FaultCampaign
    ) async throws {
        #expect(Set(ids).count == questions.count)
        for (number, id) in ids.enumerated() {
            let record = try await campaign.outcome(of: id, world)
            #expect(record.state == .done, "\(record.reason ?? "")")
            #expect(record.question?.hasPrefix("Order ORD-\(number)-KX: ") == true)
        }
        try await waitForEmptyQueues(world, campaign)
        let counts = try await world.history.counts()
        #expect(Set(counts.keys) == [.done])
        // One that the door could not say to be kept was asked again under its id, and is the same question.
        #expect(counts[.done] == ids.count)
    }

    /// What was published twice may be on its way after all is answered.
    private func waitForEmptyQueues(_ world: HostWorld, _ campaign: FaultCampaign) async throws {
        let end = ContinuousClock.now + FaultCampaign.patience
        for function in Self.functions {
            for (kind, queue) in FunctionQueues(function: function).byKind where kind != "dead" {
                // Nothing tells when a queue is empty, but that one asks.
                while try await world.broker.depth(of: queue).total > 0 {
                    if .now >= end { throw await campaign.standstill("messages stay in \(queue)", world) }
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }

    /// That what was ingested was found.
    private func checkPassages(_ ids: [String], _ world: HostWorld) async throws {
        var found: Set<String> = []
        for id in ids { found.formUnion(try await world.history.run(id: id)?.answer?.passages.map(\.id) ?? []) }
        #expect(found.count { $0.hasPrefix("usagov/") } > 1, "\(found)")
    }

    private func checkMoney(_ ids: [String], _ world: HostWorld, _ model: ModelServer) async throws {
        let export = try await world.sluice(["budget", "export", "--budgets", "b"])
        try #require(export.status == 0, "\(export.errors)")
        let calls = try PaidCalls(export: export.output, model: model)
        try calls.check()
        var answersFromModel = 0
        for id in ids {
            let answer = try #require(try await world.history.run(id: id)?.answer)
            let settled = try calls.settled(id)
            // An answer that the ledger was away for is among what was charged in doubt, as is what two calls brought none for.
            let costs = settled.isEmpty || answer.isDegraded ? settled + [0] : settled
            // What was charged in doubt is part of the question's cost.
            #expect(
                calls.doubted(id).contains { costs.contains(answer.costNanoUSD - $0) },
                "\(answer.costNanoUSD) of \(costs) and \(calls.doubted(id))")
            if !answer.isDegraded { answersFromModel += 1 }
        }
        #expect(answersFromModel >= ids.count / 2)
        let status = try await world.sluice(["budget", "status", "--budgets", "b", "--format", "json"])
        let budgets = try JSONDecoder().decode(BudgetJSON.self, from: Data(status.output.utf8)).budgets
        #expect(budgets.compactMap { nanoUSD($0.held_usd) } == [0])
        let verify = try await world.sluice(["budget", "verify", "--budgets", "b", "--format", "json"])
        #expect(try JSONDecoder().decode(VerificationJSON.self, from: Data(verify.output.utf8)).sound)
        print(
            "\(ids.count) questions, \(answersFromModel) answered by the model, \(model.received.count) calls arrived,",
            "\(calls.count("settle")) settled, \(calls.count("orphan")) orphans, \(calls.count("charge")) charged,",
            "\(calls.count("release")) released, $\(Double(calls.spent) / 1e9) of $\(Self.limit)")
    }
}
