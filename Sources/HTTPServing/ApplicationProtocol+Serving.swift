package import Hummingbird
import ServiceLifecycle

/// How long a cancelled server may take to let go of its port and to take the connections that were made by then.
private let patienceWhenCancelled = Duration.milliseconds(250)

extension ApplicationProtocol {
    /// Serves until graceful shutdown, or until its task is cancelled, which begins as a graceful shutdown likewise.
    ///
    /// A server that is cancelled outright lets go of connections that were made and wait to be taken, and NIO ends the
    /// process over each of them (`NIOAsyncWriter`: "Deinited NIOAsyncWriter without calling finish()"). So it first closes
    /// its port and takes those, and then what is under way is cancelled.
    ///
    /// - Throws: What the server throws, such as where it cannot listen.
    package func serve() async throws {
        let group = ServiceGroup(services: [self], logger: logger)
        // Awaited below. It hears of its owner's graceful shutdown, and not of its cancellation.
        let serving = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await serving.value
        } onCancel: {
            // Ends in a moment, whether or not what it brings about is over, which is awaited above.
            Task {
                await group.triggerGracefulShutdown()
                try? await Task.sleep(for: patienceWhenCancelled)
                serving.cancel()
            }
        }
    }
}
