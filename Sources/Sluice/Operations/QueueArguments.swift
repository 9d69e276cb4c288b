import ArgumentParser
import BudgetReport
import Composition
import FoundationEssentials
import Logging
import Operations
import Settings

/// The options that name queues.
struct QueueArguments: ParsableArguments {
    @OptionGroup var format: FormatArguments

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
}
