import CRabbitMQ
import FoundationEssentials
import Messaging

/// What stands beside a message's body, read from its header and made safe.
struct MessageProperties {
    /// Bytes of all headers that hosts read.
    static let headerBytesMax = 32 << 10
    /// Bytes of all properties: they have to fit into one frame, beside its own and the id.
    static let propertyBytesMax = Int(AMQPConnection.frameBytesMax) - 1_024
    /// The longest id and header name, in bytes: AMQP's short string.
    static let shortTextBytesMax = 255
    /// Deliveries before the message was published anew by ``RabbitMQBroker/handBack(_:)``.
    static let priorDeliveriesHeader = "x-sluice-prior-deliveries"

    /// What a host publishes.
    static let contentType = "application/json"
    /// The beginning of the names of all headers that hosts read.
    static let hostsPrefix = "sluice-"

    var id = ""
    var headers: [String: String] = [:]
    /// All else; nil where nothing would be lost without it.
    var origin: Data?
    /// How often the broker says it has delivered this copy before.
    var deliveryCount = 0
    /// How often earlier copies were delivered.
    var priorDeliveries = 0
    var problem: MessageProblem?

    /// Nothing.
    init() {}

    /// Reads a header that librabbitmq has decoded; nil where there was none.
    ///
    /// - Parameters:
    ///   - properties: The header, whose memory is kept by the caller meanwhile.
    ///   - ownQueues: The queues among which the broker moves messages by itself; its notes on that are not kept.
    init(_ properties: UnsafePointer<amqp_basic_properties_t>?, ownQueues: Set<String>) {
        guard let properties = unsafe properties?.pointee else {
            note(.idMissing)
            return
        }
        let flags = unsafe Int32(bitPattern: properties._flags)
        var keptFlags = flags & Self.otherFlags
        if flags & AMQP_BASIC_MESSAGE_ID_FLAG != 0, unsafe properties.message_id.len > 0 {
            let isWhole = unsafe Self.text(properties.message_id).isWhole
            id = unsafe Self.id(properties.message_id)
            if !isWhole {
                note(.idUnreadable)
                keptFlags |= AMQP_BASIC_MESSAGE_ID_FLAG
            }
        } else {
            note(.idMissing)
        }
        var isOurs = keptFlags == 0 && flags & AMQP_BASIC_CONTENT_TYPE_FLAG != 0
        if flags & AMQP_BASIC_CONTENT_TYPE_FLAG != 0 {
            let type = unsafe Self.text(properties.content_type).text
            keptFlags |= AMQP_BASIC_CONTENT_TYPE_FLAG
            isOurs = isOurs && type == Self.contentType
            let essence = type.lowercased().prefix { $0 != ";" }.filter { $0 != " " }
            if essence != Self.contentType { note(.contentTypeUnknown) }
        }
        if flags & AMQP_BASIC_CONTENT_ENCODING_FLAG != 0 {
            let encoding = unsafe Self.text(properties.content_encoding).text.lowercased()
            if !["", "identity", "utf-8"].contains(encoding) { note(.contentEncodingUnknown) }
        }
        var arena = AMQPArena()
        defer { arena.free() }
        var kept = unsafe [amqp_table_entry_t]()
        if flags & AMQP_BASIC_HEADERS_FLAG != 0 {
            unsafe kept = read(properties.headers, ownQueues: ownQueues, &arena)
            if unsafe !kept.isEmpty { keptFlags |= AMQP_BASIC_HEADERS_FLAG }
        }
        guard unsafe !isOurs || !kept.isEmpty else { return }
        origin = unsafe Self.encoded(properties, flags: keptFlags, headers: &kept)
    }

    /// Properties that say nothing to a host and go on with the message.
    ///
    /// The expiration does not: in a queue of dead letters it would end them.
    private static let otherFlags =
        AMQP_BASIC_CONTENT_ENCODING_FLAG | AMQP_BASIC_PRIORITY_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG
        | AMQP_BASIC_REPLY_TO_FLAG | AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_USER_ID_FLAG
        | AMQP_BASIC_APP_ID_FLAG | AMQP_BASIC_CLUSTER_ID_FLAG

    /// The first problem found is the one that is told.
    private mutating func note(_ problem: MessageProblem) { self.problem = self.problem ?? problem }

    /// Reads the headers that are texts, numbers or truths, and gives all that would not be written the same again.
    private mutating func read(
        _ table: amqp_table_t, ownQueues: Set<String>, _ arena: inout AMQPArena
    ) -> [amqp_table_entry_t] {
        var kept = unsafe [amqp_table_entry_t]()
        var bytes = 0
        for index in unsafe Self.order(table) {
            var entry = unsafe table.entries[index]
            let (name, isWhole) = unsafe Self.text(entry.key)
            if Self.brokersOwn.contains(name) {
                if let notes = unsafe readOwn(&entry, name, of: table, ownQueues: ownQueues, &arena) {
                    unsafe kept.append(notes)
                }
                continue
            }
            guard isWhole, let text = unsafe Self.text(of: entry.value) else {
                // Whatever others have written beside a message is nothing to its host.
                if name.hasPrefix(Self.hostsPrefix) { note(.headersUnreadable) }
                unsafe kept.append(entry)
                continue
            }
            if name == Self.priorDeliveriesHeader {
                priorDeliveries = min(max(0, Int(text) ?? 0), 1_000_000)
                continue
            }
            let isText = unsafe entry.value.kind == UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            if headers[name] == nil, bytes + Self.bytes(name, text) <= Self.headerBytesMax {
                bytes += Self.bytes(name, text)
                headers[name] = text
                if isText { continue }
            } else if headers[name] == nil {
                note(.headersTooLarge)
            }
            unsafe kept.append(entry)
        }
        return unsafe kept
    }

    /// The order in which headers are read: hosts' own first, which no crowd of others may take the place of.
    private static func order(_ table: amqp_table_t) -> [Int] {
        let all = Array(0..<Int(unsafe table.num_entries))
        guard all.count > crowd else { return all }
        let isOwn = all.map { unsafe text(table.entries[$0].key).text.hasPrefix(hostsPrefix) }
        return all.filter { isOwn[$0] } + all.filter { !isOwn[$0] }
    }

    /// So many headers of ours there are never.
    private static let crowd = 32

    /// Reads what RabbitMQ has written on a message's way; gives what of it goes on with the message.
    ///
    /// Not the counts of this copy, nor the moves among our own queues: RabbitMQ drops a message that it would move to a
    /// queue from which, by such a note, it has moved it before (<https://www.rabbitmq.com/docs/dlx#routing>). An
    /// instruction goes on under a name that instructs nobody.
    private mutating func readOwn(
        _ entry: inout amqp_table_entry_t, _ name: String, of table: amqp_table_t, ownQueues: Set<String>,
        _ arena: inout AMQPArena
    ) -> amqp_table_entry_t? {
        switch name {
        case "x-delivery-count":
            deliveryCount = unsafe Self.number(entry.value) ?? 0
            return nil
        case "x-acquired-count": return nil
        case "CC", "BCC":
            unsafe entry.key = arena.bytes("x-sluice-\(name.lowercased())")
        case "x-death" where unsafe entry.value.kind == UInt8(AMQP_FIELD_KIND_ARRAY.rawValue):
            let deaths = unsafe Deaths(entry.value.value.array, ownQueues: ownQueues)
            if let reason = deaths.reason { headers[Message.moveReasonHeader] = reason }
            guard deaths.othersCount > 0 else { return nil }
            unsafe entry.value.value.array = arena.array(deaths.others)
        case "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason":
            if unsafe Self.isOwn("x-first-death-queue", in: table, ownQueues) { return nil }
        case "x-last-death-exchange", "x-last-death-queue", "x-last-death-reason":
            if unsafe Self.isOwn("x-last-death-queue", in: table, ownQueues) { return nil }
        default: break
        }
        return unsafe entry
    }

    /// Whether a header names a queue of ours.
    private static func isOwn(_ header: String, in table: amqp_table_t, _ ownQueues: Set<String>) -> Bool {
        unsafe text(header, in: table).map(ownQueues.contains) ?? false
    }

    /// The text of a header.
    static func text(_ header: String, in table: amqp_table_t) -> String? {
        for index in 0..<Int(unsafe table.num_entries) {
            let entry = unsafe table.entries[index]
            if unsafe text(entry.key).text == header { return unsafe text(of: entry.value) }
        }
        return nil
    }

    /// What is to go on with a message, in the bytes of AMQP 0-9-1, section 4.2.6.1.
    private static func encoded(
        _ properties: amqp_basic_properties_t, flags: Int32, headers: inout [amqp_table_entry_t]
    ) -> Data? {
        var properties = unsafe properties
        unsafe properties._flags = amqp_flags_t(bitPattern: flags)
        var bytes = [UInt8](repeating: 0, count: Int(AMQPConnection.frameBytesMax))
        let count = unsafe headers.withUnsafeMutableBufferPointer { headers in
            unsafe properties.headers = amqp_table_t(num_entries: Int32(headers.count), entries: headers.baseAddress)
            return unsafe bytes.withUnsafeMutableBytes { bytes in
                unsafe amqp_encode_properties(
                    UInt16(AMQP_BASIC_CLASS), &properties,
                    amqp_bytes_t(len: bytes.count, bytes: bytes.baseAddress))
            }
        }
        return count < 0 ? nil : Data(bytes[..<Int(count)])
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
    static func text(of field: amqp_field_value_t) -> String? {
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

    /// An id as text; repairing makes one longer, and it has to fit again.
    static func id(_ bytes: amqp_bytes_t) -> String {
        var text = unsafe text(bytes).text
        while text.utf8.count > shortTextBytesMax { text.unicodeScalars.removeLast() }
        return text
    }
}
