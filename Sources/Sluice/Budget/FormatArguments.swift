import ArgumentParser
import BudgetReport

/// The option that says how a document is written.
struct FormatArguments: ParsableArguments {
    @Option(help: ArgumentHelp("table, json, csv, markdown or html.", valueName: "format"))
    var format = DocumentFormat.table

    /// Writes a document to stdout.
    func write(_ document: Document) throws {
        CommandOutput.data(try document.rendered(as: format, on: CommandOutput.terminal))
    }
}

extension DocumentFormat: ExpressibleByArgument {}
