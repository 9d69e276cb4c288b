import ArgumentParser
import BudgetReport
import Emulator
import FoundationEssentials
import FunctionHost
import Logging

/// `sluice ask`: one question, answered by this process.
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Answers one question.",
        discussion: """
            Personal data is taken out before anything is stored. Works beside a running emulator on the same data.

            EXAMPLES
              sluice ask "The seller does not refund my money. Where do I complain?"
              sluice ask --format json "What is a defect?" | jq .cost_usd
            """)

    @Argument(help: ArgumentHelp("In plain language, up to 8 KB of UTF-8.", valueName: "question"))
    var question: String

    @Option(help: ArgumentHelp("text or json.", valueName: "format"))
    var format = OutputFormat.text

    @OptionGroup var wait: WaitArguments

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func run() async throws {
        try FrontDoor.check(question)
        let settings = try pipeline.settings()
        let options = try pipeline.options(settings)
        let outcome = try await Pipeline.withPipeline(options, logger: ProcessLogger.make(settings, level: .warning)) {
            [question, wait] pipeline in
            try await pipeline.ask(question, patience: wait.patience) { CommandOutput.message("sluice: \($0)") }
        }
        switch outcome {
        case .answered(let report) where format == .json: CommandOutput.data(try report.stableJSON())
        case .answered(let report): CommandOutput.data(report.text(width: CommandOutput.width))
        default: throw CommandFailure(outcome, wait)
        }
    }
}

extension CommandFailure {
    /// An outcome without an answer.
    fileprivate init(_ outcome: AskOutcome, _ wait: WaitArguments) {
        self =
            switch outcome {
            case .answered: .failed("the question was answered")
            case .refused(let explanation): .refused(explanation)
            case .unanswered(let id, let reason): .failed("question \(id) was not answered: \(reason)")
            case .waiting(let id, let reason):
                .failed(
                    "question \(id) was not answered within \(wait.wait) s\(reason.map { ": \($0)" } ?? "");"
                        + " it stays accepted and is answered by the next sluice on this data")
            case .interrupted(let id):
                .failed("interrupted; question \(id) is kept and answered by the next sluice on this data")
            }
    }
}
