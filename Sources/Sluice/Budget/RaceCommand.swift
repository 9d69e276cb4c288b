import ArgumentParser
import Documents
import Emulator
import Foundation

/// `sluice budget race`: shows that the limit holds.
struct RaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "race",
        abstract: "Lets many callers race for a small limit, and shows what was spent; ends with 1 above it.",
        discussion: """
            The upstream is a stand-in on loopback that takes 200 ms and counts what it
            serves. Client, governor and ledger are the real ones, in a temporary folder.
            """)

    @Option(help: "How many calls are tried.")
    var calls = 1000

    @Option(help: "How many at once.")
    var concurrency = 100

    @Option(help: ArgumentHelp("In US dollars.", valueName: "usd"))
    var limit = "0.50"

    @Option(help: "How many processes share the calls and the ledger.")
    var processes = 1

    @OptionGroup var format: FormatArguments

    @Option(help: ArgumentHelp("Budgets, with the price book in prices/. (default: budgets)", valueName: "dir"))
    var budgets: String?

    func run() async throws {
        let budgetsFolder = try budgets ?? InstalledPath.find("budgets", option: "--budgets")
        let rules: RaceRules
        do {
            rules = try RaceRules(calls: calls, concurrency: concurrency, limit: limit, processes: processes)
        } catch {
            throw CommandFailure.wrongArguments(error.description)
        }
        let report = try await Race(rules: rules, budgetsFolder: budgetsFolder).run { number, folder, endpoint in
            try await Self.start([
                "budget", "race-process", "--number", "\(number)", "--data", folder, "--endpoint", endpoint,
                "--calls", "\(rules.calls)", "--concurrency", "\(rules.concurrency)", "--limit",
                "\(rules.limit)", "--processes", "\(rules.processes)", "--budgets", budgetsFolder,
            ])
        }
        try format.write(report.document)
        guard report.isKept else { throw CommandFailure.failed("the race was not run clean; see above") }
    }

    /// Runs this program once more and gives what it printed.
    private static func start(_ arguments: [String]) async throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        let (input, output) = (Pipe(), Pipe())
        // Nothing is written: it ends with this process, however that ends, and the other with it.
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // A thread, because reading and waiting block.
        let (printed, status) = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let printed = (try? output.fileHandleForReading.readToEnd()) ?? Data()
                process.waitUntilExit()
                try? input.fileHandleForWriting.close()
                continuation.resume(returning: (printed, process.terminationStatus))
            }
        }
        guard status == 0 else { throw CommandFailure.failed("a process of the race ended with \(status)") }
        return printed
    }

    /// One process of a race of several; started by the race.
    struct RaceProcess: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "race-process", shouldDisplay: false)

        @Option var number: Int
        @Option var data: String
        @Option var endpoint: String
        @Option var calls: Int
        @Option var concurrency: Int
        @Option var limit: String
        @Option var processes: Int
        @Option var budgets: String

        func run() async throws {
            Thread.detachNewThread {
                // The race's end.
                _ = try? FileHandle.standardInput.readToEnd()
                _exit(EXIT_FAILURE)
            }
            let rules = try RaceRules(calls: calls, concurrency: concurrency, limit: limit, processes: processes)
            let outcome = try await RaceRunner(
                rules: rules, number: number, dataFolder: data, budgetsFolder: budgets, endpoint: endpoint
            ).run()
            CommandOutput.data(try outcome.stableJSON())
        }
    }
}
