import Foundation
import TestSupport
import Testing

@Suite("sluice budget race", .timeLimit(.minutes(3)))
struct RaceTests {
    private struct Report: Decodable {
        let served, refused, refused_while_held, failed: Int
        let limit_usd, overshoot_usd, left_usd, bound_usd, held_at_end_usd: String
        let sound: Bool
    }

    @Test("a thousand calls, a hundred at once, spend not a nano-dollar too much and leave no room", arguments: [1, 4])
    func race(processes: Int) async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(
            ["budget", "race", "--processes", "\(processes)", "--format", "json"], in: folder.url)
        #expect(ending.status == 0, "\(ending.errors)\(ending.output)")
        let report = try JSONDecoder().decode(Report.self, from: Data(ending.output.utf8))
        #expect(report.limit_usd == "0.50" && report.overshoot_usd == "0.00")
        let left = try #require(nanoUSD(report.left_usd))
        let bound = try #require(nanoUSD(report.bound_usd))
        #expect(left >= 0 && left < bound)
        #expect(report.refused_while_held == 0 && report.failed == 0 && report.held_at_end_usd == "0.00")
        #expect(report.served + report.refused == 1000)
        // A call costs 300 × 2,650 + 100 × 3,500 nano-dollars.
        #expect(left == 500_000_000 - Int64(report.served) * 1_145_000)
        #expect(report.sound)
    }

    @Test("its processes end with it, also where it is killed")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let race = try SluiceProcess(
            ["budget", "race", "--processes", "2", "--calls", "1000000", "--limit", "100000"], in: folder.url)
        var children: [Substring] = []
        // Nothing tells when a process has children, or that another's child has ended, but that one asks.
        while children.count < 2 {
            let threads = "/proc/\(race.process.processIdentifier)/task"
            children = try FileManager.default.contentsOfDirectory(atPath: threads).flatMap {
                (try? String(contentsOfFile: "\(threads)/\($0)/children", encoding: .utf8))?.split(separator: " ") ?? []
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        race.signal(SIGKILL)
        #expect(await race.status() == -SIGKILL)
        for child in children {
            while let status = try? String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8),
                !status.contains("State:\tZ")
            {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test(
        "wrong numbers are told what to write",
        arguments: [
            (["--calls", "0"], "--calls takes 1 to 1000000"),
            (["--limit", "0"], "--limit takes US dollars above zero"),
            (["--processes", "17"], "--processes takes 1 to 16"),
        ])
    func wrongNumbers(arguments: [String], complaint: String) async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(["budget", "race"] + arguments, in: folder.url)
        #expect(ending.status == 2 && ending.errors.contains(complaint))
    }
}
