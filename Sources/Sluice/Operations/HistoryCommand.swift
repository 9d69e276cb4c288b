import ArgumentParser
import BudgetReport
import Composition
import FoundationEssentials
import Operations
import Settings

/// `sluice history`: the runs that are kept, with what was asked and answered.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Exports runs with questions and answers, and deletes those of a tenant.",
        discussion: """
            EXAMPLES
              sluice history export > questions.jsonl
              sluice history export --tenant acme | jq -r .answer
              sluice history delete-tenant acme --yes

            SLUICE_HISTORY_DAYS lets hosts delete what is older.
            """,
        subcommands: [Export.self, DeleteTenant.self])

    /// Which history.
    struct PlaceArguments: ParsableArguments {
        @OptionGroup var data: DataArguments

        /// Opens the history, runs `body` and closes it.
        func withHistory<Value: Sendable>(
            for use: DataUse = .reading, _ body: (HistoryAccess) async throws -> Value
        ) async throws -> Value {
            try await HistoryAccess.with(
                dataFolder: data.folder, for: use, settings: Settings(environment: ProcessInfo.processInfo.environment),
                body)
        }
    }

    /// `sluice history export`.
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a JSON object a line for each run, the oldest first.")

        @Option(help: ArgumentHelp("The runs of this tenant alone.", valueName: "name"))
        var tenant: String?

        @OptionGroup var place: PlaceArguments

        func run() async throws {
            try await place.withHistory { _ = try await $0.export(tenant: tenant, CommandOutput.data) }
        }
    }

    /// `sluice history delete-tenant`.
    struct DeleteTenant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete-tenant",
            abstract: "Deletes all runs of a tenant that have ended, for good.",
            discussion: """
                Messages in queues and dead letters are not touched; see `sluice dead purge`. The
                ledger keeps what was paid, without a word of questions and answers once hosts have
                forgotten the model's responses.
                """)

        @Argument(help: ArgumentHelp("The tenant.", valueName: "name"))
        var tenant: String

        @Flag(help: "Really delete; nothing brings them back.")
        var yes = false

        @OptionGroup var format: FormatArguments

        @OptionGroup var place: PlaceArguments

        func run() async throws {
            guard yes else {
                throw CommandFailure.wrongArguments("this deletes a tenant's questions for good; add --yes to do it")
            }
            let report = try await place.withHistory(for: .changing) { try await $0.delete(tenant: tenant) }
            try format.write(report.document)
        }
    }
}
