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

        /// The message.
        var message: Message {
            var message = Message(id: properties.id, body: body, headers: properties.headers)
            message.origin = properties.origin
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
    /// The largest body that is held in memory, so that it can be moved to the dead letters whole: the largest that
    /// RabbitMQ takes since 4.0, unless told otherwise.
    static let bodyBytesKeptMax: UInt64 = 16 << 20

    private var content: Content?
    private var bytesMissing: UInt64 = 0
    private var keeps = true

    /// A message begins.
    mutating func begin(tag: UInt64, isRedelivered: Bool) {
        content = Content(tag: tag, isRedelivered: isRedelivered, properties: MessageProperties())
    }

    /// Its header is there; gives the message where it has no body.
    mutating func add(_ properties: MessageProperties, bodyBytes: UInt64) -> Content? {
        content?.properties = properties
        bytesMissing = bodyBytes
        keeps = bodyBytes <= Self.bodyBytesKeptMax
        if !keeps {
            content?.properties.problem = .bodyNotKept
        } else if bodyBytes > Self.bodyBytesMax {
            content?.properties.problem = .bodyTooLarge
        }
        return takeIfWhole()
    }

    /// A piece of its body is there; gives the message with the last one.
    mutating func add(_ piece: Data) -> Content? {
        bytesMissing -= min(bytesMissing, UInt64(piece.count))
        if keeps { content?.body.append(piece) }
        return takeIfWhole()
    }

    private mutating func takeIfWhole() -> Content? {
        guard bytesMissing == 0 else { return nil }
        defer { content = nil }
        return content
    }
}
