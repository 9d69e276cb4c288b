import FunctionHost
import Glibc
import Telemetry

/// How a command ends when it could not do what it was asked: one line on stderr and an exit code.
enum CommandFailure: Error {
    /// 1: a bad file, folder, port or server.
    case failed(String)
    /// 2: wrong arguments.
    case wrongArguments(String)
    /// 3: a budget said no.
    case refused(String)

    init(_ error: FrontDoorError) {
        self =
            switch error {
            case .empty, .tooLong, .badID, .badTenant: .wrongArguments(error.description)
            default: .failed(error.description)
            }
    }

    func end() -> Never {
        switch self {
        case .failed(let message): Self.end(message, code: 1)
        case .wrongArguments(let message): Self.end(message, code: 2)
        case .refused(let message): Self.end(message, code: 3)
        }
    }

    private static func end(_ message: String, code: Int32) -> Never {
        // What was logged before says more.
        LineOutput.flushStandard(within: Sluice.flushMax)
        CommandOutput.message("sluice: \(message)")
        exit(code)
    }
}
