import ArgumentParser
import Emulator
import FoundationEssentials
import Glibc
import Logging

/// The options that name a pipeline's parts.
struct PipelineArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Where queue, ledger and history lie.", valueName: "dir"))
    var data = ".sluice"

    @Option(help: ArgumentHelp("The pipeline's manifest. (default: functions/functions.yaml)", valueName: "file"))
    var manifest: String?

    @Option(help: ArgumentHelp("Budgets, with the price book in prices/. (default: budgets)", valueName: "dir"))
    var budgets: String?

    @Option(help: ArgumentHelp("The notes. (default: functions/rag-core/knowledge)", valueName: "dir"))
    var knowledge: String?

    /// The pipeline's options, with the files that come with the program where none are named.
    func options(isEphemeral: Bool = false, drainSeconds: Int? = nil) throws -> EmulatorOptions {
        let environment = ProcessInfo.processInfo.environment
        let endpoint = environment["SLUICE_BEDROCK_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 }
        if let endpoint, !endpoint.hasPrefix("http://"), !endpoint.hasPrefix("https://") {
            throw CommandFailure.failed("SLUICE_BEDROCK_ENDPOINT must start with https:// or http://")
        }
        if endpoint != nil, isEphemeral {
            throw CommandFailure.wrongArguments(
                "--ephemeral forgets what was spent, so it works with the model's stand-in alone; "
                    + "unset SLUICE_BEDROCK_ENDPOINT or leave --ephemeral out")
        }
        return EmulatorOptions(
            dataFolder: data, isEphemeral: isEphemeral,
            manifestFile: try manifest ?? InstalledPath.find("functions/functions.yaml", option: "--manifest"),
            budgetsFolder: try budgets ?? InstalledPath.find("budgets", option: "--budgets"),
            knowledgeFolder: try knowledge ?? InstalledPath.find("functions/rag-core/knowledge", option: "--knowledge"),
            bedrockEndpoint: endpoint,
            drainTime: .seconds(try drainSeconds ?? Self.drainSeconds(environment["SLUICE_DRAIN_SECONDS"])))
    }

    /// A logger to stderr.
    ///
    /// `SLUICE_LOG_LEVEL` names the least level.
    func logger(_ level: Logger.Level) throws -> Logger {
        var logger = Logger(label: "sluice", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = level
        if let name = ProcessInfo.processInfo.environment["SLUICE_LOG_LEVEL"], !name.isEmpty {
            guard let level = Logger.Level(rawValue: name) else {
                let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure.failed("SLUICE_LOG_LEVEL is `\(name)`; write one of \(names)")
            }
            logger.logLevel = level
        }
        return logger
    }

    private static func drainSeconds(_ text: String?) throws -> Int {
        guard let text, !text.isEmpty else { return 90 }
        guard let seconds = Int(text), (0...3600).contains(seconds) else {
            throw CommandFailure.failed("SLUICE_DRAIN_SECONDS is `\(text)`; write whole seconds from 0 to 3600")
        }
        return seconds
    }
}

/// The formats that a person and a program read.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
