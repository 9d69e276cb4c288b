import ArgumentParser
import Documents

/// The option that says how a document is written.
struct FormatArguments: ParsableArguments {
    @Option(help: ArgumentHelp("table, json, csv, markdown or html.", valueName: "format"))
    var format = DocumentFormat.table

    /// Writes a document to stdout.
    func write(_ document: Document) throws {
        CommandOutput.data(try document.rendered(as: format, on: CommandOutput.terminal))
    }
}

extension DocumentFormat: ExpressibleByArgument {
    /// The format of this name; `text` is what `search` and `ingest` once called a table.
    package init?(argument: String) { self.init(rawValue: argument == "text" ? "table" : argument) }
}
