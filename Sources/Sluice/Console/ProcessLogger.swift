import Logging
import Settings
import Telemetry

/// Makes the logger of the process, the only one that is not passed in.
enum ProcessLogger {
    /// Makes a logger as the settings say.
    ///
    /// - Parameters:
    ///   - settings: Their level and format come before the command's own.
    ///   - level: The command's own level.
    ///   - format: The command's own format.
    ///   - isData: Whether the lines are what the command gives, and go to stdout.
    /// - Returns: The logger.
    static func make(
        _ settings: Settings, level: Logger.Level, format: Settings.LogFormat = .text, isData: Bool = false
    ) -> Logger {
        let output = isData ? LineOutput.standardOutput : .standardError
        var logger = Logger(label: "sluice") { label in
            switch settings.logFormat ?? format {
            case .json: JSONLogHandler(output: output)
            case .text: StreamLogHandler(label: label, stream: LineStream(output))
            }
        }
        logger.logLevel = settings.logLevel ?? level
        return logger
    }
}
