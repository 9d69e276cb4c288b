import FoundationEssentials
import Messaging

/// Puts the frames of a channel's messages together.
struct ContentAssembler {
    /// A whole message, as it came.
    struct Content {
        var tag: UInt64
        var isRedelivered: Bool
        var properties: MessageProperties
        var body = Data()
        /// The length of a body over ``bodyBytesKeptMax``, which is empty here or lies in a file.
        var longBodyBytes: Int?

        /// The message; one with a long body without it.
        var message: Message {
            var message = Message(
                id: properties.id, body: longBodyBytes == nil ? body : Data(), headers: properties.headers)
            message.origin = properties.origin
            message.unreadBodyBytes = longBodyBytes
            // Whatever moved it: it is dead for its length.
            if longBodyBytes != nil {
                message.headers[Message.moveReasonHeader] = MessageProblem.bodyTooLarge.rawValue
            }
            return message
        }
        /// The message with its body; nil where that was not read.
        var whole: Message? {
            guard let longBodyBytes else { return message }
            guard body.count == longBodyBytes else { return nil }
            var message = message
            message.body = body
            message.unreadBodyBytes = nil
            return message
        }
        /// How often this copy was delivered before.
        ///
        /// Without the flag the count is not the broker's: whoever published the message may have written it.
        var priorDeliveries: Int { isRedelivered ? max(1, properties.deliveryCount) : 0 }
    }

    /// The largest body that is worked on.
    ///
    /// A question is a few kilobytes.
    static let bodyBytesMax: UInt64 = 1 << 20
    /// The largest body that is held in memory: the largest that RabbitMQ takes since 4.0, unless told otherwise.
    static let bodyBytesKeptMax: UInt64 = 16 << 20

    /// From how many prior deliveries on a longer body is read, into a file; nil where none is.
    var readsLongFrom: Int?
    private var content: Content?
    private var bytesMissing: UInt64 = 0
    private var file: BodyFile?

    /// A message begins.
    mutating func begin(tag: UInt64, isRedelivered: Bool) {
        content = Content(tag: tag, isRedelivered: isRedelivered, properties: MessageProperties())
    }

    /// Its header is there; gives the message where it has no body.
    mutating func add(_ properties: MessageProperties, bodyBytes: UInt64) -> Content? {
        content?.properties = properties
        bytesMissing = bodyBytes
        if bodyBytes > Self.bodyBytesMax { content?.properties.problem = .bodyTooLarge }
        if bodyBytes > Self.bodyBytesKeptMax {
            content?.longBodyBytes = Int(clamping: bodyBytes)
            let priorDeliveries = content?.priorDeliveries ?? 0
            file = readsLongFrom.flatMap { $0 <= priorDeliveries ? BodyFile() : nil }
        }
        return takeIfWhole()
    }

    /// A piece of its body is there; gives the message with the last one.
    mutating func add(_ piece: Data) -> Content? {
        bytesMissing -= min(bytesMissing, UInt64(piece.count))
        if content?.longBodyBytes == nil {
            content?.body.append(piece)
        } else if let file, !file.append(piece) {
            self.file = nil
        }
        return takeIfWhole()
    }

    private mutating func takeIfWhole() -> Content? {
        guard bytesMissing == 0 else { return nil }
        defer {
            content = nil
            file = nil
        }
        if let body = file?.contents() { content?.body = body }
        return content
    }
}
