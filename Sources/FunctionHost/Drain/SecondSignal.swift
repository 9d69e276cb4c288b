import ServiceLifecycle
import UnixSignals

/// Cuts the drain short at the second signal: the first one begins it.
package struct SecondSignal: Service {
    private let host: FunctionHost

    /// Makes a watch for a host; it must be running before the first signal.
    package init(host: FunctionHost) { self.host = host }

    /// Watches until graceful shutdown, which must be after the host has drained.
    package func run() async throws {
        var count = 0
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint).cancelOnGracefulShutdown() {
            count += 1
            if count == 2 { host.cutShort() }
        }
    }
}
