import Foundation
import TestSupport
import Testing

@Suite("Every report", .timeLimit(.minutes(2)))
struct ReportFormatsTests {
    @Test(
        "is had as a table, json, csv, markdown and html",
        arguments: [
            ["queues"], ["dead", "list"], ["search", "--limit", "1", "What is a defect?"], ["budget", "status"],
            ["dead", "purge", "--all", "--yes"], ["history", "delete-tenant", "acme", "--yes"],
            ["budget", "race", "--calls", "2", "--concurrency", "2"],
        ])
    func formats(command: [String]) async throws {
        let folder = try TemporaryFolder()
        try await SluiceProcess.beginLedger(in: folder.url)
        var outputs: Set<String> = []
        for format in ["table", "json", "csv", "markdown", "html"] {
            let ending = try await SluiceProcess.run(command + ["--format", format], in: folder.url)
            #expect(ending.status == 0 && !ending.output.isEmpty, "\(command) as \(format): \(ending.errors)")
            outputs.insert(ending.output)
        }
        #expect(outputs.count == 5, "\(outputs)")
    }

    @Test("is had as text where that was a table's name before")
    func text() async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(
            ["search", "--format", "text", "--limit", "1", "What is a defect?"], in: folder.url)
        #expect(ending.status == 0 && ending.output.hasPrefix("1 passage"), "\(ending.errors)")
    }
}
