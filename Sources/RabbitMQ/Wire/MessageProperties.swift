import CRabbitMQ
import FoundationEssentials
import Messaging

/// What stands beside a message's body, read from its header and made safe.
struct MessageProperties {
    /// Bytes of all headers that are kept: what was read can always be published again, in one frame.
    static let headerBytesMax = 32 << 10
    /// The longest id and header name, in bytes: AMQP's short string.
    static let shortTextBytesMax = 255
    /// Deliveries before the message was published anew by ``RabbitMQBroker/handBack(_:)``.
    static let priorDeliveriesHeader = "x-sluice-prior-deliveries"

    var id = ""
    var headers: [String: String] = [:]
    /// How often the broker says it has delivered this copy before.
    var deliveryCount = 0
    /// How often earlier copies were delivered.
    var priorDeliveries = 0
    var problem: MessageProblem?

    /// Nothing.
    init() {}

    /// Reads a header that librabbitmq has decoded; nil where there was none.
    init(_ properties: UnsafePointer<amqp_basic_properties_t>?) {
        guard let properties = unsafe properties?.pointee else {
            note(.idMissing)
            return
        }
        let flags = unsafe Int32(bitPattern: properties._flags)
        if flags & AMQP_BASIC_MESSAGE_ID_FLAG != 0, unsafe properties.message_id.len > 0 {
            let (text, isWhole) = unsafe Self.text(properties.message_id)
            id = Self.cut(text)
            if !isWhole { note(.idUnreadable) }
        } else {
            note(.idMissing)
        }
        if flags & AMQP_BASIC_CONTENT_TYPE_FLAG != 0 {
            let type = unsafe Self.text(properties.content_type).text.lowercased()
            let essence = type.prefix { $0 != ";" }.filter { $0 != " " }
            if essence != "application/json" { note(.contentTypeUnknown) }
        }
        if flags & AMQP_BASIC_CONTENT_ENCODING_FLAG != 0 {
            let encoding = unsafe Self.text(properties.content_encoding).text.lowercased()
            if !["", "identity", "utf-8"].contains(encoding) { note(.contentEncodingUnknown) }
        }
        if flags & AMQP_BASIC_HEADERS_FLAG != 0 { unsafe read(properties.headers) }
    }

    /// The first problem found is the one that is told.
    private mutating func note(_ problem: MessageProblem) { self.problem = self.problem ?? problem }

    private mutating func read(_ table: amqp_table_t) {
        var bytes = 0
        for index in 0..<Int(unsafe table.num_entries) {
            let entry = unsafe table.entries[index]
            let (name, isWhole) = unsafe Self.text(entry.key)
            if Self.brokersOwn.contains(name) {
                if name == "x-delivery-count" { deliveryCount = unsafe Self.number(entry.value) ?? 0 }
                if name == "x-death", let reason = unsafe Self.lastDeath(entry.value) {
                    headers[RabbitMQBroker.moveReasonHeader] = reason
                }
                continue
            }
            guard isWhole, let text = unsafe Self.text(of: entry.value) else {
                note(.headersUnreadable)
                continue
            }
            if name == Self.priorDeliveriesHeader {
                priorDeliveries = min(max(0, Int(text) ?? 0), 1_000_000)
                continue
            }
            bytes += Self.bytes(name, text)
            guard bytes <= Self.headerBytesMax else {
                note(.headersTooLarge)
                continue
            }
            headers[name] = text
        }
    }

    /// Why the broker last moved the message; nil where a delay has ended, which is the way of each retry.
    ///
    /// The field is a list of tables, the last move first (<https://www.rabbitmq.com/docs/dlx#effects>).
    private static func lastDeath(_ field: amqp_field_value_t) -> String? {
        guard unsafe field.kind == UInt8(AMQP_FIELD_KIND_ARRAY.rawValue), unsafe field.value.array.num_entries > 0,
            let first = unsafe field.value.array.entries?.pointee,
            unsafe first.kind == UInt8(AMQP_FIELD_KIND_TABLE.rawValue)
        else { return nil }
        let table = unsafe first.value.table
        for index in 0..<Int(unsafe table.num_entries) {
            let entry = unsafe table.entries[index]
            guard unsafe Self.text(entry.key).text == "reason", let reason = unsafe Self.text(of: entry.value) else {
                continue
            }
            return reason == "expired" ? nil : reason.replacing("_", with: "-")
        }
        return nil
    }

    /// How many bytes a header takes in a frame, with its lengths and kind.
    static func bytes(_ name: String, _ text: String) -> Int { 6 + name.utf8.count + text.utf8.count }

    /// What RabbitMQ itself writes on a message's way, and `CC`, which is an instruction to it: published again as a
    /// text it would close the channel.
    static let brokersOwn: Set<String> = [
        "x-death", "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason", "x-last-death-exchange",
        "x-last-death-queue", "x-last-death-reason", "x-delivery-count", "x-acquired-count", "CC", "BCC",
    ]

    /// A field as text; nil where it is a table, a list, nothing at all or not UTF-8.
    private static func text(of field: amqp_field_value_t) -> String? {
        switch amqp_field_value_kind_t(rawValue: UInt32(unsafe field.kind)) {
        case AMQP_FIELD_KIND_UTF8, AMQP_FIELD_KIND_BYTES:
            let (text, isWhole) = unsafe Self.text(field.value.bytes)
            return isWhole ? text : nil
        case AMQP_FIELD_KIND_BOOLEAN: return unsafe field.value.boolean != 0 ? "true" : "false"
        case AMQP_FIELD_KIND_F32: return unsafe "\(field.value.f32)"
        case AMQP_FIELD_KIND_F64: return unsafe "\(field.value.f64)"
        case AMQP_FIELD_KIND_U64, AMQP_FIELD_KIND_TIMESTAMP: return unsafe "\(field.value.u64)"
        default: return unsafe number(field).map { "\($0)" }
        }
    }

    private static func number(_ field: amqp_field_value_t) -> Int? {
        switch amqp_field_value_kind_t(rawValue: UInt32(unsafe field.kind)) {
        case AMQP_FIELD_KIND_I8: Int(unsafe field.value.i8)
        case AMQP_FIELD_KIND_U8: Int(unsafe field.value.u8)
        case AMQP_FIELD_KIND_I16: Int(unsafe field.value.i16)
        case AMQP_FIELD_KIND_U16: Int(unsafe field.value.u16)
        case AMQP_FIELD_KIND_I32: Int(unsafe field.value.i32)
        case AMQP_FIELD_KIND_U32: Int(unsafe field.value.u32)
        case AMQP_FIELD_KIND_I64: Int(unsafe field.value.i64)
        default: nil
        }
    }

    /// Bytes as text, repaired where they are not UTF-8.
    static func text(_ bytes: amqp_bytes_t) -> (text: String, isWhole: Bool) {
        let bytes = unsafe UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.bytes == nil ? 0 : bytes.len)
        if let text = unsafe String(validating: bytes, as: UTF8.self) { return (text, true) }
        return unsafe (String(decoding: bytes, as: UTF8.self), false)
    }

    /// Repairing makes a text longer; an id has to fit again.
    private static func cut(_ text: String) -> String {
        var text = text
        while text.utf8.count > shortTextBytesMax { text.unicodeScalars.removeLast() }
        return text
    }
}
