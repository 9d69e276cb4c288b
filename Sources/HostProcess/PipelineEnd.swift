import FunctionHost
import Settings
import Telemetry

/// How a process ends that runs a pipeline, when it is told to.
package enum PipelineEnd: Sendable {
    /// A server: it drains for as long as the settings say, and ends with 0 however that went.
    case server
    /// A command that a person waits for: it drains for a moment, and has failed.
    case command

    /// Long enough for most calls that are paid already, and short enough for a person who has had enough.
    private static let commandDrainMax = Duration.seconds(10)

    /// How long work under way may take to finish.
    func drainTime(_ settings: Settings) -> Duration {
        switch self {
        case .server: settings.drainTime
        case .command: min(settings.drainTime, Self.commandDrainMax)
        }
    }

    /// The exit status of a process whose end was cut off.
    var statusWhenCut: Int32 {
        switch self {
        case .server: 0
        case .command: 1
        }
    }

    /// Whether the process may be cut off as soon as the host has nothing under way: a command has work of its own.
    var isCutWhenQuiet: Bool {
        switch self {
        case .server: true
        case .command: false
        }
    }

    /// Waits for the log's lines for a moment: the process is about to end.
    var flushLog: @Sendable () -> Void { { LineOutput.flushStandard(within: ProcessEnd.wordsMax) } }

    /// Said before the cut.
    var lastWords: @Sendable () -> Void {
        { [self] in
            if case .command = self { LineOutput.standardError.write("sluice: interrupted") }
            flushLog()
        }
    }
}
