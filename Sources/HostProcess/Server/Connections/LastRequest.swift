import NIOCore
import NIOHTTP1

/// Says of a client's last request that it is the last, in the one way that the server understands: HTTP/1.0 says so by its
/// version, and others in a list with more words.
///
/// Nor does HTTP/1.0 know an answer before the answer, whatever such a request expects
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1>).
final class LastRequest: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        if !head.isKeepAlive { head.headers.replaceOrAdd(name: "connection", value: "close") }
        if head.version == .http1_0 { head.headers.remove(name: "expect") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
