import ArgumentParser
import Composition
import FunctionHost
public import FunctionKit
import Glibc
import Settings
import Synchronization
import Telemetry

/// A program that runs functions behind a queue, under a spending limit: the whole command, with one's own functions.
///
/// ```swift
/// import FunctionKit
/// import Sluice
///
/// @main struct Program {
///     static func main() async {
///         await SluiceProgram.run { functions in
///             functions.add("shout") { _ in Shout() }
///         }
///     }
/// }
/// ```
///
/// Such a program has `invoke`, `emulate`, `host`, `budget`, `dead` and the rest; `--help` shows them all. A manifest says
/// in which order its functions run.
public enum SluiceProgram {
    /// The functions of the program that runs.
    @TaskLocal static var functions = FunctionList { _ in }

    /// When the program started, taken first of all.
    ///
    /// The kernel's own record would count the time of a shell that became the program.
    static let startedAt = ContinuousClock.now

    /// How long the last log lines are waited for, which nobody may read.
    static let flushMax = Duration.seconds(1)

    /// Does what the process's arguments say, and ends the process where that fails.
    ///
    /// Takes the process's signals: SIGTERM, SIGINT and SIGHUP end it without losing anything.
    ///
    /// - Parameter add: Adds the program's functions to a list.
    public static func run(_ add: (inout FunctionList) -> Void) async {
        StandardDescriptors.openClosed()
        _ = startedAt
        ProcessEnd.shared.takeSignals()
        ProcessFacts.raiseDescriptorLimit()
        // A reader that goes away, such as `head`, must end the program like a failed write, not like a crash.
        _ = signal(SIGPIPE, SIG_IGN)
        let list = FunctionList(add)
        // To the very end: help names what the list says.
        await $functions.withValue(list) {
            do {
                if let problem = list.problem { throw CommandFailure.failed(problem) }
                try UTF8Arguments.check()
                var command = try SluiceCommand.parseAsRoot()
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
                if let failure = CommandOutput.failure.withLock({ $0 }) { throw CommandFailure.failed(failure) }
                LineOutput.flushStandard(within: flushMax)
            } catch {
                end(with: error)
            }
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
        let code = SluiceCommand.exitCode(for: error)
        // The parser's own code for wrong arguments is 64 (EX_USAGE); ours is 2, like that of most commands.
        if code == .validationFailure {
            CommandFailure.wrongArguments(
                ArgumentMistake(error, in: CommandLine.arguments.dropFirst()).sentence
            ).end()
        }
        if code == .success {
            let text = SluiceCommand.fullMessage(for: error)
            CommandOutput.data(HelpText.wrapped(text, width: CommandOutput.width) + "\n")
            Glibc.exit(0)
        }
        if error is CancellationError { CommandFailure.failed("interrupted").end() }
        CommandFailure.failed("\(error)").end()
    }
}
