import ArgumentParser
import Emulator
import FoundationEssentials
import FunctionHost
import History

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

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func run() async throws {
        try UTF8Arguments.check()
        try FrontDoor.check(question)
        let options = try pipeline.options()
        let width = CommandOutput.width
        let result = try await Pipeline.withPipeline(options, logger: pipeline.logger(.error)) { pipeline in
            try await Self.answer(question, pipeline: pipeline)
        }
        switch format {
        case .text: CommandOutput.data(result.text(width: width))
        case .json: CommandOutput.data(try result.stableJSON())
        }
    }

    private static func answer(_ question: String, pipeline: Pipeline) async throws -> AnswerReport {
        let id = try await pipeline.door.accept(question)
        let record: QuestionRecord
        do {
            record = try await pipeline.history.outcome(of: id)
        } catch is CancellationError {
            throw CommandFailure.failed(
                "interrupted; question \(id) is kept and answered by the next sluice on this data")
        }
        if let report = AnswerReport(record, budgets: try await pipeline.governor.status()) { return report }
        switch record.state {
        case .refused:
            let opens = record.opensAt.map { "; ask again after \($0.formatted(.iso8601))" } ?? ""
            throw CommandFailure.refused("the budget is spent\(opens)")
        default:
            throw CommandFailure.failed("question \(id) was not answered: \(record.reason ?? record.state.rawValue)")
        }
    }
}
