import ArgumentParser
import BudgetReport
import FoundationEssentials
import Operations
import Settings

/// `sluice migrate`: the tables of PostgreSQL.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the tables of the database up to date.",
        discussion: """
            EXAMPLES
              DATABASE_URL_FILE=/run/secrets/owner-url sluice migrate --dry-run
              DATABASE_URL_FILE=/run/secrets/owner-url sluice migrate

            Run it before hosts of a new version start, as the role that owns the tables; see
            deploy/postgres/roles.sql. Hosts that run meanwhile wait, and no row is lost.
            """)

    @Flag(help: "Say what is to be done, and change nothing.")
    var dryRun = false

    @OptionGroup var format: FormatArguments

    func run() async throws {
        let settings = try Settings(environment: ProcessInfo.processInfo.environment)
        let report = try await Migration(settings: settings).run(isDryRun: dryRun)
        if !report.steps.isEmpty {
            CommandOutput.message("sluice: \(report.done ? "made" : "would make") \(report.place)")
        }
        try format.write(report.document)
    }
}
