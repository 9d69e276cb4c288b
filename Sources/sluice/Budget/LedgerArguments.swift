import ArgumentParser
import BudgetReport
import Emulator
import Foundation
import Spending

/// The options that name a ledger.
struct LedgerArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Where the ledger lies.", valueName: "dir"))
    var data = ".sluice"

    @Option(help: ArgumentHelp("Budgets, with the price book in prices/. (default: budgets)", valueName: "dir"))
    var budgets: String?

    /// Opens the ledger, and closes it afterwards.
    func withLedger<Value: Sendable>(_ body: (LedgerAccess) async throws -> Value) async throws -> Value {
        do {
            return try await LedgerAccess.with(
                dataFolder: data, budgetsFolder: budgets ?? InstalledPath.find("budgets", option: "--budgets"), body)
        } catch let problem as ReportProblem {
            throw CommandFailure.wrongArguments(problem.description)
        } catch let error as GovernorError {
            throw CommandFailure.failed(error.description)
        }
    }
}

/// The option that says how a document is written.
struct FormatArguments: ParsableArguments {
    @Option(help: ArgumentHelp("table, json, csv, markdown or html.", valueName: "format"))
    var format = DocumentFormat.table

    /// Writes a document to stdout.
    func write(_ document: Document) throws {
        CommandOutput.data(try document.rendered(as: format, on: CommandOutput.terminal))
    }
}

/// The option that names a time zone.
struct ZoneArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whose days are meant, an IANA name such as Asia/Kolkata. (default: the budgets' own)",
            valueName: "zone"))
    var timezone: String?

    /// The zone; nil where none is named.
    func zone() throws(ReportProblem) -> TimeZone? {
        guard let timezone else { return nil }
        return try ReportSpan.timeZone(timezone)
    }
}

extension DocumentFormat: ExpressibleByArgument {}

/// How what is no document is written.
enum TallyFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}
