import ArgumentParser
import BudgetReport
import Composition
import Operations

/// `sluice budget raise`.
struct RaiseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raise",
        abstract: "Raises or lowers a limit until an instant; parked questions come back.",
        discussion: """
            What is changed is written into the journal and is in force at once for
            every process on the ledger. A later raise of the same budget takes its
            place; --cancel ends the one that is in force, and the file's limit counts
            again. With --to below the file's limit it is lowered: what is spent stays
            spent.

            EXAMPLES
              sluice budget raise daily --to 2 --until 2030-11-24T18:00:00+05:30 \\
                --reason "a fair in town"
              sluice budget raise daily --cancel
            """)

    @Argument(help: ArgumentHelp("The budget's name.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The limit until then, in US dollars.", valueName: "usd"))
    var to: String?

    @Option(help: ArgumentHelp("An instant such as 2030-11-24T18:00:00+05:30.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("Why, for those who read the journal.", valueName: "text"))
    var reason: String?

    @Flag(help: "Ends the raise that is in force.")
    var cancel = false

    @OptionGroup var format: FormatArguments
    @OptionGroup var ledger: LedgerArguments
    @OptionGroup var manifest: ManifestArguments

    func run() async throws {
        do {
            let requested = try request()
            let calls = try manifest.configuredCalls()?.largest ?? []
            let report = try await ledger.withLedger(for: .making) { ledger in
                if let requested {
                    for line in try await ledger.raise(requested, largestCalls: calls) {
                        CommandOutput.message("sluice: \(line)")
                    }
                } else {
                    try await ledger.cancelRaise(of: name, reason: reason ?? "cancelled")
                }
                return try await StatusReport(ledger.view())
            }
            try format.write(report.document)
        } catch let problem as RaiseProblem {
            throw CommandFailure.wrongArguments(problem.description)
        }
    }

    /// What shall be raised; nil to end a raise.
    private func request() throws -> RequestedRaise? {
        if cancel {
            guard to == nil, until == nil else {
                throw CommandFailure.wrongArguments("--cancel ends a raise: leave --to and --until out")
            }
            return nil
        }
        guard let to, let until, let reason else {
            throw CommandFailure.wrongArguments("write --to, --until and --reason, or --cancel to end a raise")
        }
        return try RequestedRaise(budget: name, limit: to, until: until, reason: reason)
    }
}
