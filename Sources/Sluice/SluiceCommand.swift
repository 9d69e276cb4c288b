import ArgumentParser
import Emulator
import FunctionHost
import Glibc
import Settings
import Synchronization
import Telemetry

/// The command: options and wiring, nothing else.
@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Runs functions behind a queue, under a spending limit that cannot be passed.",
        discussion: """
            EXAMPLES
              Ask a question, on this machine, with nothing installed:
                sluice ask "The shop refuses to repair my phone. What can I do?"

              Serve on http://127.0.0.1:9000, and ask over HTTP:
                sluice emulate
                curl -d '{"question": "How do I complain?"}' \\
                  http://127.0.0.1:9000/v1/questions

              Try one function alone:
                sluice invoke pii-filter --payload '{"question": "Call me on 9876543210"}'

              See what is spent today:
                sluice budget status

            EXIT CODES
              0 done (a degraded answer too), 1 failed, 2 wrong arguments,
              3 refused by a budget
            """,
        version: "sluice 0.1.0",
        subcommands: [
            EmulateCommand.self, AskCommand.self, InvokeCommand.self, BudgetCommand.self, HostCommand.self,
            QueuesCommand.self, DeadCommand.self, HistoryCommand.self, MigrateCommand.self, IngestCommand.self,
            SearchCommand.self,
        ])

    /// When the program started, taken first of all.
    ///
    /// The kernel's own record would count the time of a shell that became the program.
    static let startedAt = ContinuousClock.now

    /// How long the last log lines are waited for, which nobody may read.
    static let flushMax = Duration.seconds(1)

    static func main() async {
        StandardDescriptors.openClosed()
        _ = startedAt
        ProcessEnd.shared.takeSignals()
        ProcessFacts.raiseDescriptorLimit()
        // A reader that goes away, such as `head`, must end the program like a failed write, not like a crash.
        _ = signal(SIGPIPE, SIG_IGN)
        do {
            try UTF8Arguments.check()
            var command = try Sluice.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            if let failure = CommandOutput.failure.withLock({ $0 }) { throw CommandFailure.failed(failure) }
            LineOutput.flushStandard(within: flushMax)
        } catch {
            Sluice.end(with: error)
        }
    }

    /// Says what is wrong in one line and ends with the exit code that fits.
    private static func end(with error: any Error) -> Never {
        switch error {
        case let failure as CommandFailure: failure.end()
        case let problem as SetupProblem: CommandFailure.failed(problem.description).end()
        case let problem as OperatorProblem: CommandFailure.wrongArguments(problem.description).end()
        case let problem as SettingsProblem: CommandFailure.failed(problem.description).end()
        case let error as FrontDoorError: CommandFailure(error).end()
        default: break
        }
        let code = Sluice.exitCode(for: error)
        // The parser's own code for wrong arguments is 64 (EX_USAGE); ours is 2, like that of most commands.
        if code == .validationFailure {
            CommandOutput.message(Sluice.fullMessage(for: error))
            Glibc.exit(2)
        }
        if code == .success { Sluice.exit(withError: error) }
        if error is CancellationError { CommandFailure.failed("interrupted").end() }
        CommandFailure.failed("\(error)").end()
    }
}
