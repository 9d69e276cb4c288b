import ArgumentParser
import BudgetReport
import Foundation

/// The option that names a time zone.
struct ZoneArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whose days are meant, an IANA name such as Asia/Kolkata. (default: the budgets' own)",
            valueName: "zone"))
    var timezone: String?

    /// The zone; nil where none is named.
    ///
    /// - Throws: ``CommandFailure/wrongArguments(_:)``.
    func zone() throws(CommandFailure) -> TimeZone? {
        guard let timezone else { return nil }
        return try CommandFailure.reading { () throws(ReportProblem) in try ReportSpan.timeZone(timezone) }
    }
}
