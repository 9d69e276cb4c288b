import BudgetReport
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
            case .empty, .tooLong, .payloadTooLong, .notJSON, .badID, .badTenant: .wrongArguments(error.description)
            case .unconfirmed(let id):
                .failed(
                    "the question may have been accepted, as \(id): look with `sluice history export | grep \(id)`"
                        + " before you ask again")
            default: .failed(error.description)
            }
    }

    /// Reads what a person wrote, before anything is opened.
    ///
    /// - Throws: ``wrongArguments(_:)`` for what cannot be read.
    static func reading<Value>(_ body: () throws(ReportProblem) -> Value) throws(CommandFailure) -> Value {
        do throws(ReportProblem) {
            return try body()
        } catch {
            throw .wrongArguments(error.description)
        }
    }

    /// The line.
    var message: String {
        switch self {
        case .failed(let message), .wrongArguments(let message), .refused(let message): message
        }
    }

    func end() -> Never {
        switch self {
        case .failed: Self.end(message, code: 1)
        case .wrongArguments: Self.end(message, code: 2)
        case .refused: Self.end(message, code: 3)
        }
    }

    private static func end(_ message: String, code: Int32) -> Never {
        // What was logged before says more.
        LineOutput.flushStandard(within: SluiceProgram.flushMax)
        CommandOutput.message("sluice: \(message)")
        exit(code)
    }
}
