/// Why a test has no server.
package enum RabbitMQServerError: Error, CustomStringConvertible {
    /// It is not installed.
    case missing
    /// It did not take connections in time.
    case notStarted(log: String)
    /// It refused a request of its management API or tool.
    case refused(String)
    /// Something beside it failed.
    case failed(String)

    /// One sentence for a person.
    package var description: String {
        switch self {
        case .missing: "rabbitmq-server is not installed: run script/test, or sudo apt-get install rabbitmq-server"
        case .notStarted(let log): "rabbitmq-server did not start: \(log)"
        case .refused(let request): "rabbitmq-server refused: \(request)"
        case .failed(let reason): "\(reason)"
        }
    }
}
