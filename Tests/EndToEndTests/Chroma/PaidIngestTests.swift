import ChromaTestServer
import Foundation
import TestSupport
import Testing

@Suite("sluice ingest with paid vectors", .timeLimit(.minutes(3)))
struct PaidIngestTests {
    static let prices = """
        prices:
          - provider: bedrock
            region: ap-south-1
            model: amazon.titan-embed-text-v2:0
            from: 2024-04-30T00:00:00Z
            input_nano_usd_per_token: 20
            output_nano_usd_per_token: 0
            bound: {tokens_per_byte: 1, tokens_per_message: 8, fixed: 8, because: a test}
            source: a test
            read: 2026-11-26
        """

    /// A folder with budgets of its own and a file of records.
    private func setUp(records: Int) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(
            atPath: "\(SluiceProcess.repository)/budgets", toPath: "\(folder.path)/budgets")
        try Data(Self.prices.utf8).write(to: folder.url.appending(path: "budgets/prices/embedding.yaml"))
        let lines = (1...records).map { #"{"id": "\#($0)", "text": "Passage \#($0) about a kettle."}"# }
        try Data(lines.joined(separator: "\n").utf8).write(to: folder.url.appending(path: "notes.jsonl"))
        return folder
    }

    private func run(
        _ arguments: [String], in folder: TemporaryFolder, _ view: ChromaCollectionView
    ) async throws -> SluiceProcess.Ending {
        try await SluiceProcess.run(
            arguments + ["--budgets", "budgets", "--stand-in"], in: folder.url,
            environment: view.environment.merging(["SLUICE_CHROMA_EMBEDDER": "amazon.titan-embed-text-v2:0"]) { $1 })
    }

    private func spent(in folder: TemporaryFolder) async throws -> Int64 {
        let ending = try await SluiceProcess.run(
            ["budget", "status", "--format", "json", "--budgets", "budgets"], in: folder.url)
        let report = try JSONDecoder().decode(BudgetJSON.self, from: Data(ending.output.utf8))
        return try #require(nanoUSD(report.budgets.first?.spent_usd ?? ""))
    }

    @Test("the whole job is estimated, agreed to, charged what was read, and never paid twice")
    func job() async throws {
        let folder = try setUp(records: 30)
        let view = ChromaCollectionView(try await .shared(.newest))
        let asked = try await run(["ingest", "notes.jsonl"], in: folder, view)
        #expect(asked.status == 2)
        #expect(asked.errors.contains("the vectors of 30 texts by amazon.titan-embed-text-v2:0 cost up to $0.0000"))
        #expect(asked.errors.contains("add --yes"))
        #expect(try await view.count() == 0)

        let agreed = try await run(["ingest", "--yes", "notes.jsonl"], in: folder, view)
        #expect(agreed.status == 0, "\(agreed.errors)")
        #expect(try await view.count() == 30)
        let spent = try await spent(in: folder)
        #expect(spent > 0 && spent % 20 == 0)

        // Nothing is left to pay for, so nobody has to agree.
        let second = try await run(["ingest", "notes.jsonl"], in: folder, view)
        #expect(second.status == 0 && second.output.contains("30 unchanged"), "\(second.errors)")
        #expect(try await self.spent(in: folder) == spent)

        // Into another collection they are other calls.
        let search = try await run(["search", "kettle 7"], in: folder, view)
        #expect(search.status == 0 && search.output.contains("vector: place"), "\(search.errors)")
        #expect(try await self.spent(in: folder) > spent)
    }

    @Test("a job that a budget has no room for is refused before its first call")
    func noRoom() async throws {
        let folder = try setUp(records: 30)
        try await BudgetTests.lower("0.00001", "budgets", in: folder.url)
        let view = ChromaCollectionView(try await .shared(.newest))
        let ending = try await run(["ingest", "--yes", "notes.jsonl"], in: folder, view)
        #expect(ending.status == 3, "\(ending.errors)")
        #expect(ending.errors.contains("`daily` has $0.00001 left"))
        #expect(try await view.count() == 0)
        #expect(try await spent(in: folder) == 0)
    }

    @Test("an index keeps its embedder: words alone are refused in a collection of Titan's vectors")
    func otherEmbedder() async throws {
        let folder = try setUp(records: 2)
        let view = ChromaCollectionView(try await .shared(.newest))
        #expect(try await run(["ingest", "--yes", "notes.jsonl"], in: folder, view).status == 0)
        for arguments in [["ingest", "notes.jsonl"], ["search", "kettle"], ["ask", "kettle"]] {
            let ending = try await SluiceProcess.run(
                arguments + ["--budgets", "budgets"], in: folder.url, environment: view.environment)
            #expect(ending.status == 1, "\(arguments): \(ending.errors)")
            // What the stand-in makes has a name of its own: real vectors say nothing beside it.
            #expect(
                ending.errors.contains(
                    "were made by `stand-in for amazon.titan-embed-text-v2:0/1024`, not by `lexical-1/768`"),
                "\(arguments): \(ending.errors)")
        }
    }

    @Test("a model without a price is refused at the start")
    func noPrice() async throws {
        let folder = try setUp(records: 2)
        try FileManager.default.removeItem(at: folder.url.appending(path: "budgets/prices/embedding.yaml"))
        let view = ChromaCollectionView(try await .shared(.newest))
        let ending = try await run(["ingest", "--yes", "notes.jsonl"], in: folder, view)
        #expect(ending.status == 1 && ending.errors.contains("price"), "\(ending.errors)")
    }
}
