import ArgumentParser
import Composition
import Emulator
import FoundationEssentials
import FunctionKit
import HostProcess
import Logging
import Operations
import Settings

/// `sluice search`: what retrieval would give.
struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Shows which passages a question would get, and why.",
        discussion: """
            EXAMPLES
              sluice search "The shop refuses to repair my phone under warranty"
              SLUICE_CHROMA_URL=http://127.0.0.1:8000 sluice search "time limit for a complaint"
              sluice search --format json "defect" | jq '.passages[].id'

            Searches the bundled notes, or the collection in Chroma where SLUICE_CHROMA_URL
            is set. There, the places by words (BM25) and by vector are fused: the score is
            the sum of 1/(60 + place).
            """)

    @Argument(help: ArgumentHelp("In plain language.", valueName: "question"))
    var question: String

    @Option(parsing: .unconditional, help: ArgumentHelp("The most passages, 1 to 50.", valueName: "count"))
    var limit = 4

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long to wait for Chroma, in seconds, 1 to 600.", valueName: "seconds"))
    var wait = 10

    @OptionGroup var format: FormatArguments

    @OptionGroup var model: StandInArguments

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func validate() throws {
        guard (1...50).contains(limit) else { throw ValidationError("--limit is \(limit); write 1 to 50") }
        guard (1...600).contains(wait) else { throw ValidationError("--wait is \(wait); write 1 to 600") }
        guard question.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("the question is empty; write one")
        }
    }

    func run() async throws {
        let settings = try pipeline.settings()
        var options = try pipeline.options(settings, asksStandIn: model.standIn)
        (options.functions, options.needsIndex) = ([], true)
        let logger = ProcessLogger.make(settings, level: .error)
        let report: SearchReport
        do {
            report = try await Pipeline.withPipeline(options, model: .emulated, logger: logger, for: .invoking) {
                [self] pipeline in
                try await pipeline.search(question, limit: limit, patience: .seconds(wait), logger: logger)
            }
        } catch let error as LanguageModelError {
            throw CommandFailure(error)
        }
        try format.write(report.document)
    }
}

extension CommandFailure {
    /// A paid vector that was not made.
    init(_ error: LanguageModelError) {
        self =
            switch error {
            case .budgetExhausted(let refusal) where refusal.cause != .breached:
                .refused(
                    "budget `\(refusal.budget)` has no room for the vectors"
                        + (refusal.opensAt.map { " until \($0.formatted(.iso8601))" } ?? "; raise its limit"))
            default: .failed("the embedding model gave no vectors: \(error.code)")
            }
    }
}
