import ArgumentParser
import BudgetReport
import Emulator
import FoundationEssentials
import Logging
import Settings

/// The options that name queues.
struct QueueArguments: ParsableArguments {
    @Option(help: ArgumentHelp("table or json.", valueName: "format"))
    var format = TableFormat.table

    @Option(help: ArgumentHelp("This function's queues alone.", valueName: "name"))
    var function: String?

    @OptionGroup var data: DataArguments

    @Option(help: ArgumentHelp("The pipeline's manifest. (default: functions/functions.yaml)", valueName: "file"))
    var manifest: String?

    /// Opens the queues, runs `body` and closes them.
    func withQueues<Value: Sendable>(
        for use: DataUse = .reading, _ body: @Sendable (BrokerAccess) async throws -> Value
    ) async throws -> Value {
        let settings = try Settings(environment: ProcessInfo.processInfo.environment)
        return try await BrokerAccess.with(
            dataFolder: data.folder, for: use, manifestFile: manifestFile(), settings: settings,
            logger: ProcessLogger.make(settings, level: .warning), body)
    }

    /// Opens queues and history, runs `body` and closes them.
    func withDeadLetters<Value: Sendable>(
        for use: DataUse = .reading, _ body: @Sendable (DeadLetters) async throws -> Value
    ) async throws -> Value {
        let settings = try Settings(environment: ProcessInfo.processInfo.environment)
        return try await BrokerAccess.withHistory(
            dataFolder: data.folder, for: use, manifestFile: manifestFile(), settings: settings,
            logger: ProcessLogger.make(settings, level: .warning)
        ) { access, history in try await body(DeadLetters(access, history: history)) }
    }

    private func manifestFile() throws -> String {
        try manifest ?? InstalledPath.find("functions/functions.yaml", option: "--manifest")
    }

    /// Prints a report in the format that was asked for.
    func show(_ report: some Encodable, text: String) throws {
        switch format {
        case .table: CommandOutput.data(text)
        case .json: CommandOutput.data(try report.stableJSON())
        }
    }
}

/// The formats of a table.
enum TableFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}
