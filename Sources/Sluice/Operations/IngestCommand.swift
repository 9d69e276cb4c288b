import ArgumentParser
import Composition
import Emulator
import FunctionKit
import HostProcess
import Ingestion
import Logging
import Operations
import Settings

/// `sluice ingest`: files, cut to passages, into Chroma.
struct IngestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Brings the collection in Chroma up to date with files.",
        discussion: """
            EXAMPLES
              export SLUICE_CHROMA_URL=http://127.0.0.1:8000
              sluice ingest --dry-run docs/
              sluice ingest docs/ act.pdf faq.html records.jsonl
              sluice ingest --prune docs/

            Reads Markdown, text, JSON Lines (an object a line with `text`, and where it has
            them `id` and `heading`), HTML and PDF; hidden files are left alone. Texts are cut
            by their structure to passages of up to 1,000 characters with some overlap, each
            under its headings. Passages that are there as they are, are left as they are:
            a second run writes nothing, and a run that was killed is taken up where it ended.

            --prune deletes what is in the collection and in none of the files named. Where
            the vectors are paid for, the whole cost is estimated first and agreed to by --yes.
            """)

    @Argument(help: ArgumentHelp("Files and folders.", valueName: "path"))
    var paths: [String]

    @Flag(help: "Delete passages that none of the files has.")
    var prune = false

    @Flag(help: "Look what would be done, and write nothing.")
    var dryRun = false

    @Flag(help: "Agree to what the vectors may cost.")
    var yes = false

    @OptionGroup var format: FormatArguments

    @OptionGroup var model: StandInArguments

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func run() async throws {
        let settings = try pipeline.settings()
        var options = try pipeline.options(settings, asksStandIn: model.standIn)
        (options.functions, options.needsIndex) = ([], true)
        let logger = ProcessLogger.make(settings, level: .error)
        let request = IngestRequest(paths: paths, prunes: prune, isDryRun: dryRun, isConfirmed: yes)
        let line = ProgressLine()
        let report: IngestReport
        do {
            report = try await Pipeline.withPipeline(options, model: .emulated, logger: logger, for: .invoking) {
                pipeline in
                try await pipeline.ingest(request, logger: logger) { line.show($0) }
            }
            line.end()
        } catch {
            line.end()
            switch error {
            case let error as LanguageModelError: throw CommandFailure(error)
            case let refusal as IngestRefusal: throw CommandFailure(refusal)
            default: throw error
            }
        }
        try format.write(report.document)
    }
}

extension CommandFailure {
    fileprivate init(_ refusal: IngestRefusal) {
        self =
            switch refusal {
            case .notConfirmed: .wrongArguments(refusal.description)
            case .noRoom: .refused(refusal.description)
            }
    }
}
