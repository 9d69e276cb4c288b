package import Composition
import FunctionHost
package import History
package import Logging
import Messaging
package import Settings
import StrictYAML

/// The queues alone, open for commands that operators use.
package struct BrokerAccess: Sendable {
    /// The functions of the manifest, in the order in which a question passes them.
    let functions: [String]
    let broker: any MessageBroker

    /// Opens the broker, runs `body` and closes it.
    ///
    /// - Parameters:
    ///   - dataFolder: Where the embedded queue lies.
    ///   - use: What it is opened for.
    ///   - manifestFile: Names the functions.
    ///   - settings: Name the broker.
    ///   - logger: Told of the broker's connections.
    ///   - body: Gets the open queues.
    /// - Returns: What `body` returns.
    /// - Throws: ``SetupProblem`` where something cannot be opened, otherwise what `body` throws.
    package static func with<Value: Sendable>(
        dataFolder: String, for use: DataUse, manifestFile: String, settings: Settings, logger: Logger,
        _ body: @Sendable (BrokerAccess) async throws -> Value
    ) async throws -> Value {
        let file = DataFile(folder: dataFolder, for: use)
        return try await file.closing {
            try await open(file, manifestFile: manifestFile, settings: settings, logger: logger, body)
        }
    }

    /// Opens broker and history, runs `body` and closes them.
    ///
    /// - Parameters:
    ///   - dataFolder: Where the embedded queue and the history lie.
    ///   - use: What they are opened for.
    ///   - manifestFile: Names the functions.
    ///   - settings: Name broker and database.
    ///   - logger: Told of the broker's connections.
    ///   - body: Gets the open queues and the history.
    /// - Returns: What `body` returns.
    /// - Throws: As ``with(dataFolder:manifestFile:settings:logger:_:)``.
    package static func withHistory<Value: Sendable>(
        dataFolder: String, for use: DataUse, manifestFile: String, settings: Settings, logger: Logger,
        _ body: @Sendable (BrokerAccess, any RunHistory) async throws -> Value
    ) async throws -> Value {
        try await Books.with(dataFolder: dataFolder, for: use, settings: settings) { books, file in
            try await open(file, manifestFile: manifestFile, settings: settings, logger: logger) { access in
                try await body(access, books.history)
            }
        }
    }

    private static func open<Value: Sendable>(
        _ file: DataFile, manifestFile: String, settings: Settings, logger: Logger,
        _ body: @Sendable (BrokerAccess) async throws -> Value
    ) async throws -> Value {
        let access: BrokerAccess
        do {
            let functions = try Manifest(YAMLValue.load(file: manifestFile)).entries.map(\.settings)
            access = BrokerAccess(
                functions: functions.map(\.name),
                broker: try await BrokerChoice.open(
                    url: settings.brokerURL, file: file, isEphemeral: false, patience: Books.commandPatience,
                    logger: logger))
            // RabbitMQ keeps what is delayed in queues of its own, which only their declaration names. Who reads the embedded
            // ones writes nothing.
            if file.use != .reading || settings.brokerURL != nil {
                try await access.broker.declare(functions.flatMap { FunctionQueues.specifications(for: $0) })
            }
        } catch let problem as SetupProblem {
            throw problem
        } catch let error as any CustomStringConvertible & Error {
            throw SetupProblem(error.description)
        }
        do {
            let value = try await body(access)
            await access.broker.close()
            return value
        } catch {
            await access.broker.close()
            throw error
        }
    }

    /// How many messages a queue has; one that was never declared has none.
    ///
    /// - Throws: `BrokerError`.
    func depth(of queue: String) async throws(BrokerError) -> QueueDepth {
        do throws(BrokerError) {
            return try await broker.depth(of: queue)
        } catch {
            guard case .unknownQueue = error else { throw error }
            return QueueDepth(ready: 0, delivered: 0, delayed: 0)
        }
    }

    /// The functions that are meant: one, or all.
    ///
    /// - Throws: ``OperatorProblem`` for one that the manifest does not have.
    func functions(named name: String?) throws(OperatorProblem) -> [String] {
        guard let name else { return functions }
        guard functions.contains(name) else {
            let hint = nearest(to: name, among: functions).map { "did you mean `\($0)`?" }
            throw OperatorProblem(
                "there is no function `\(name)`; "
                    + (hint ?? "there are \(functions.map { "`\($0)`" }.joined(separator: ", "))"))
        }
        return [name]
    }
}
