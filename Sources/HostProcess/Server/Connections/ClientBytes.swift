import NIOCore
import NIOHTTP1

/// Sees what a client sends before it is read as HTTP.
///
/// It tells that something has come; and a method that the parser does not know it gives to it as one that no path takes, so
/// that the answer is that of any other such method. That is done for a connection's first request, whose begin is certain.
final class ClientBytes: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Passed on before the bytes themselves.
    struct Came: Sendable {}

    private enum Begin {
        /// It names no method.
        case other
        /// It is too short to say.
        case unsure
        case method(String)
    }

    /// The parser's own names have no more.
    private static let methodBytesMax = 32
    private static let substitute = HTTPMethod.PROPFIND.rawValue

    /// What came of the first request's method; nil once it is known.
    private var begin: ByteBuffer? = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireUserInboundEventTriggered(Came())
        guard var bytes = begin else { return context.fireChannelRead(data) }
        var more = unwrapInboundIn(data)
        bytes.writeBuffer(&more)
        switch Self.begin(of: bytes.readableBytesView) {
        case .unsure:
            begin = bytes
            return
        case .method(let name):
            if case .RAW = HTTPMethod(rawValue: name) {
                bytes.moveReaderIndex(forwardBy: name.utf8.count)
                var changed = ByteBuffer(string: Self.substitute)
                changed.writeBuffer(&bytes)
                bytes = changed
            }
        case .other: break
        }
        begin = nil
        context.fireChannelRead(wrapInboundOut(bytes))
    }

    private static func begin(of bytes: ByteBufferView) -> Begin {
        let name = bytes.prefix { isOfMethod($0) }
        guard !name.isEmpty, name.count <= methodBytesMax else { return .other }
        switch Array(bytes.dropFirst(name.count).prefix(2)) {
        case [], [UInt8(ascii: " ")]: return .unsure
        case Array(" /".utf8): return .method(String(decoding: name, as: UTF8.self))
        default: return .other
        }
    }

    /// RFC 9110, section 5.6.2.
    private static func isOfMethod(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
