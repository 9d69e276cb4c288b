import Glibc
import NIOCore

/// Keeps a listening socket in business when the process cannot take a connection: it waits a moment and tries again.
///
/// Without it the server would end with the first connection for which no descriptor is left, since the error ends the
/// stream of its connections.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(200)
    /// What NIO itself takes for passing too, and keeps the socket open after.
    private static let passing: Set<CInt> = [ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private var isPaused = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.passing.contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        guard !isPaused else { return }
        isPaused = true
        // Else the socket would be found readable again and again, at full speed.
        set(autoRead: false, context)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [self] in
            isPaused = false
            set(autoRead: true, context)
            context.read()
        }
    }

    private func set(autoRead: Bool, _ context: ChannelHandlerContext) {
        // It fails on a closed channel alone.
        try? context.channel.syncOptions?.setOption(.autoRead, value: autoRead)
    }
}
