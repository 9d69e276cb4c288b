import ChromaTestServer
import Foundation
import TestSupport
import Testing

@Suite(
    "ingest of the Act and of usa.gov", .timeLimit(.minutes(15)),
    .enabled(if: ProcessInfo.processInfo.environment["SLUICE_SHARED_DATA"] != nil, "needs the shared data"))
struct IngestCampaignTests {
    private struct Report: Decodable {
        let added, unchanged: Int
    }

    @Test(
        "killed in the middle, taken up and run again: the passages are those of a run without a kill",
        arguments: ChromaRelease.allCases)
    func killed(release: ChromaRelease) async throws {
        let data = try #require(ProcessInfo.processInfo.environment["SLUICE_SHARED_DATA"])
        let arguments = ["ingest", "\(data)/kb/cpa2019.txt", "\(data)/kb/usagov-chunks.jsonl"]
        let folder = try TemporaryFolder()
        let server = try await ChromaTestServer.shared(release)
        let (whole, cut) = (ChromaCollectionView(server), ChromaCollectionView(server))
        let undisturbed = try await SluiceProcess.run(arguments, in: folder.url, environment: whole.environment)
        #expect(undisturbed.status == 0, "\(undisturbed.errors)")
        let expected = try await whole.records()
        // Every one of usa.gov's chunks, and the Act's 106 sections.
        #expect(expected.keys.count { $0.hasPrefix("usagov/") && !$0.contains("#") } == 891)
        #expect(expected.count > 891 + 106)

        let first = try SluiceProcess(arguments, in: folder.url, environment: cut.environment)
        while try await cut.count() < expected.count / 3 { try Task.checkCancellation() }
        first.signal(SIGKILL)
        #expect(await first.status() == -SIGKILL)
        let left = try await cut.count()
        #expect(left < expected.count)

        // Chroma may still have done what it was asked to when the one who asked was killed.
        for mostAdded in [expected.count - left, 0] {
            let ending = try await SluiceProcess.run(
                arguments + ["--format", "json"], in: folder.url, environment: cut.environment)
            #expect(ending.status == 0, "\(ending.errors)")
            let report = try JSONDecoder().decode(Report.self, from: Data(ending.output.utf8))
            #expect(report.added <= mostAdded && report.added + report.unchanged == expected.count)
            #expect(try await cut.records() == expected)
        }
    }
}
