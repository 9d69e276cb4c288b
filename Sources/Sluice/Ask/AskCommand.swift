import ArgumentParser
import BudgetReport
import Composition
import Documents
import Emulator
import FoundationEssentials
import FunctionHost
import Glibc
import HostProcess
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
              sluice ask < question.txt

            Other users of this machine can read arguments while the command runs, and not standard input.
            """)

    @Argument(
        help: ArgumentHelp(
            "In plain language, up to 8 KB of UTF-8; - or nothing: read from standard input.", valueName: "question"))
    var question: String?

    @Option(help: ArgumentHelp("text or json.", valueName: "format"))
    var format = OutputFormat.text

    @OptionGroup var wait: WaitArguments

    @OptionGroup var model: StandInArguments

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func run() async throws {
        let question = try asked()
        try FrontDoor.check(question)
        let patience = wait.patience
        let settings = try pipeline.settings()
        var options = try pipeline.options(settings, asksStandIn: model.standIn)
        options.patience = patience
        options.pipeline = .first
        options.tellsErrors = true
        let end = WaitEnd(
            patience,
            saying: "the question was not accepted within \(wait.wait) s: \(WaitEnd.closed); ask again then")
        defer { end.isOver() }
        let outcome = try await Pipeline.withPipeline(
            options, model: .emulated, logger: ProcessLogger.make(settings, level: .warning)
        ) {
            [arguments = self.pipeline] pipeline in
            try await Self.ask(question, pipeline, patience, end, arguments)
        }
        switch outcome {
        case .answered(let report) where format == .json: CommandOutput.data(try report.stableJSON())
        case .answered(let report): CommandOutput.data(report.text(width: CommandOutput.width, place: options.place))
        case .refused: throw CommandFailure.refused(outcome.sentence(wait.wait))
        case .unanswered, .waiting, .interrupted: throw CommandFailure.failed(outcome.sentence(wait.wait))
        }
    }

    /// Asks, and lets go of the pipeline when the wait is over.
    private static func ask(
        _ question: String, _ pipeline: Pipeline, _ patience: Patience, _ end: WaitEnd, _ arguments: PipelineArguments
    ) async throws -> AskOutcome {
        let seconds = Int(patience.whole.components.seconds)
        end.say(
            "within \(seconds) s nobody said whether the question is accepted: \(WaitEnd.closed); look with"
                + " `sluice history export` before you ask again")
        do {
            let outcome = try await pipeline.ask(question, patience: patience) { event in
                switch event {
                case .accepted(let id): end.say(AskOutcome.waiting(id: id, reason: nil).sentence(seconds))
                case .parked(let parked): CommandOutput.message("sluice: \(ParkedHint.text(parked, on: arguments))")
                }
            }
            if case .waiting = outcome {
                end.say(outcome.sentence(seconds))
                // Nobody waits for what is still under way.
                pipeline.host.cutShort()
            } else {
                end.isOver()
            }
            return outcome
        } catch let error as FrontDoorError {
            end.say(CommandFailure(error).message)
            throw error
        }
    }

    /// The question, wherever it stands.
    private func asked() throws -> String {
        if let question, question != "-" { return question }
        guard question != nil || isatty(STDIN_FILENO) == 0 else {
            throw CommandFailure.wrongArguments(
                "there is no question; write it after `ask`, or give it on standard input")
        }
        let bytes = try StandardInput.read(atMost: Self.inputBytesMax)
        guard bytes.count <= Self.inputBytesMax else {
            throw CommandFailure.wrongArguments(
                "the question has more than \(FrontDoor.questionBytesMax) bytes; leave out what is not needed")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure.wrongArguments("standard input is not valid UTF-8; check the file's encoding")
        }
        // What ends the line is not the asker's.
        return ["\n", "\r\n"].contains(text.last) ? String(text.dropLast()) : text
    }

    /// The longest question, and the end of its line.
    private static let inputBytesMax = FrontDoor.questionBytesMax + "\r\n".utf8.count
}
