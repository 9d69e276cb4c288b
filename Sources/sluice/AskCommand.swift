import ArgumentParser
import BudgetReport
import Emulator
import FoundationEssentials
import FunctionHost
import Glibc
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

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func run() async throws {
        let question = try asked()
        try FrontDoor.check(question)
        let settings = try pipeline.settings()
        let options = try pipeline.options(settings)
        let outcome = try await Pipeline.withPipeline(options, logger: ProcessLogger.make(settings, level: .warning)) {
            [wait, arguments = self.pipeline] pipeline in
            try await pipeline.ask(question, patience: wait.patience) {
                CommandOutput.message("sluice: \(ParkedHint.text($0, on: arguments))")
            }
        }
        switch outcome {
        case .answered(let report) where format == .json: CommandOutput.data(try report.stableJSON())
        case .answered(let report): CommandOutput.data(report.text(width: CommandOutput.width))
        default: throw CommandFailure(outcome, wait)
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
