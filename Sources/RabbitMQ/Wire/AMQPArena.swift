import CRabbitMQ
import Messaging

/// Holds the bytes of a request's texts and tables until it is sent.
///
/// `@safe`: the pool is its own; what is made in it must not be used after ``free()``, which ends the request.
@safe struct AMQPArena {
    /// A value in a table.
    enum Value {
        case text(String)
        case number(Int64)
        /// A table of names that are all true.
        case flags([String])
    }

    private static let pageBytes = 4_096

    private var pool: amqp_pool_t

    init() {
        unsafe pool = amqp_pool_t()
        unsafe init_amqp_pool(&pool, Self.pageBytes)
    }

    /// Frees all that was made.
    mutating func free() { unsafe empty_amqp_pool(&pool) }

    /// A copy of a text.
    mutating func bytes(_ text: String) -> amqp_bytes_t {
        var text = text
        return text.withUTF8 { utf8 in
            var bytes = unsafe amqp_bytes_t()
            unsafe amqp_pool_alloc_bytes(&pool, utf8.count, &bytes)
            guard let start = unsafe bytes.bytes else { return unsafe amqp_bytes_t() }
            unsafe UnsafeMutableRawBufferPointer(start: start, count: utf8.count).copyBytes(from: utf8)
            return unsafe bytes
        }
    }

    /// A table with these entries.
    mutating func table(_ entries: [(name: String, value: Value)]) -> amqp_table_t {
        guard !entries.isEmpty,
            let memory = unsafe amqp_pool_alloc(&pool, entries.count * MemoryLayout<amqp_table_entry_t>.stride)
        else { return unsafe amqp_empty_table }
        let table = unsafe memory.bindMemory(to: amqp_table_entry_t.self, capacity: entries.count)
        for (index, entry) in entries.enumerated() {
            var field = unsafe amqp_table_entry_t()
            unsafe field.key = bytes(entry.name)
            switch entry.value {
            case .text(let text):
                unsafe field.value.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
                unsafe field.value.value.bytes = bytes(text)
            case .number(let number):
                unsafe field.value.kind = UInt8(AMQP_FIELD_KIND_I64.rawValue)
                unsafe field.value.value.i64 = number
            case .flags(let names):
                unsafe field.value.kind = UInt8(AMQP_FIELD_KIND_TABLE.rawValue)
                unsafe field.value.value.table = flags(names)
            }
            unsafe (table + index).initialize(to: field)
        }
        return unsafe amqp_table_t(num_entries: Int32(entries.count), entries: table)
    }

    /// A list of these values.
    mutating func array(_ values: [amqp_field_value_t]) -> amqp_array_t {
        guard let memory = unsafe amqp_pool_alloc(&pool, values.count * MemoryLayout<amqp_field_value_t>.stride)
        else { return unsafe amqp_empty_array }
        let list = unsafe memory.bindMemory(to: amqp_field_value_t.self, capacity: values.count)
        unsafe list.initialize(from: values, count: values.count)
        return unsafe amqp_array_t(num_entries: Int32(values.count), entries: list)
    }

    /// A message's properties, with all that came with it from elsewhere.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - origin: Its ``Message/origin``, into which the result points; empty for none.
    ///   - user: The only user whose id RabbitMQ takes from this connection.
    /// - Returns: What a header frame is made from.
    mutating func properties(
        of message: Message, origin: UnsafeRawBufferPointer, user: String
    ) -> amqp_basic_properties_t {
        var properties = unsafe amqp_basic_properties_t()
        var flags = AMQP_BASIC_CONTENT_TYPE_FLAG
        unsafe properties.content_type = bytes(MessageProperties.contentType)
        var decoded: UnsafeMutableRawPointer?
        let encoded = unsafe amqp_bytes_t(
            len: origin.count, bytes: UnsafeMutableRawPointer(mutating: origin.baseAddress))
        if origin.count > 0,
            unsafe amqp_decode_properties(UInt16(AMQP_BASIC_CLASS), &pool, encoded, &decoded) == 0,
            let decoded = unsafe decoded?.assumingMemoryBound(to: amqp_basic_properties_t.self)
        {
            unsafe properties = decoded.pointee
            flags = unsafe Int32(bitPattern: properties._flags)
        }
        flags |= AMQP_BASIC_DELIVERY_MODE_FLAG
        unsafe properties.delivery_mode = UInt8(AMQP_DELIVERY_PERSISTENT.rawValue)
        let keepsID =
            unsafe flags & AMQP_BASIC_MESSAGE_ID_FLAG != 0 && MessageProperties.id(properties.message_id) == message.id
        if !keepsID {
            flags = message.id.isEmpty ? flags & ~AMQP_BASIC_MESSAGE_ID_FLAG : flags | AMQP_BASIC_MESSAGE_ID_FLAG
            unsafe properties.message_id = bytes(message.id)
        }
        if flags & AMQP_BASIC_USER_ID_FLAG != 0, unsafe MessageProperties.text(properties.user_id).text != user {
            flags &= ~AMQP_BASIC_USER_ID_FLAG
        }
        let others = unsafe flags & AMQP_BASIC_HEADERS_FLAG != 0 ? properties.headers : amqp_empty_table
        unsafe properties.headers = headers(message.headers, beside: others)
        unsafe properties._flags = amqp_flags_t(bitPattern: flags | AMQP_BASIC_HEADERS_FLAG)
        return unsafe properties
    }

    /// A table of texts, and behind them what else came with the message and was not changed since.
    private mutating func headers(_ texts: [String: String], beside others: amqp_table_t) -> amqp_table_t {
        var texts = texts
        var kept = unsafe [amqp_table_entry_t]()
        var keptNames: Set<String> = []
        for index in 0..<Int(unsafe others.num_entries) {
            let entry = unsafe others.entries[index]
            let name = unsafe MessageProperties.text(entry.key).text
            let text = unsafe MessageProperties.text(of: entry.value)
            let isText = unsafe entry.value.kind == UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            let isHosts = name.hasPrefix(MessageProperties.hostsPrefix)
            let isStale =
                if text == nil {
                    isHosts && texts[name] != nil
                } else if isText {
                    isHosts
                } else {
                    texts[name].map { $0 != text } ?? isHosts
                }
            if isStale { continue }
            unsafe kept.append(entry)
            // It stands among the texts too, but is written as it came.
            if !isText, text != nil { keptNames.insert(name) }
        }
        for name in keptNames { texts[name] = nil }
        let own = unsafe table(texts.map { ($0.key, .text($0.value)) })
        guard unsafe !kept.isEmpty else { return unsafe own }
        let count = unsafe Int(own.num_entries) + kept.count
        guard let memory = unsafe amqp_pool_alloc(&pool, count * MemoryLayout<amqp_table_entry_t>.stride)
        else { return unsafe own }
        let all = unsafe memory.bindMemory(to: amqp_table_entry_t.self, capacity: count)
        for index in 0..<Int(unsafe own.num_entries) { unsafe (all + index).initialize(to: own.entries[index]) }
        unsafe (all + Int(own.num_entries)).initialize(from: kept, count: kept.count)
        return unsafe amqp_table_t(num_entries: Int32(count), entries: all)
    }

    private mutating func flags(_ names: [String]) -> amqp_table_t {
        guard let memory = unsafe amqp_pool_alloc(&pool, names.count * MemoryLayout<amqp_table_entry_t>.stride)
        else { return unsafe amqp_empty_table }
        let table = unsafe memory.bindMemory(to: amqp_table_entry_t.self, capacity: names.count)
        for (index, name) in names.enumerated() {
            var field = unsafe amqp_table_entry_t()
            unsafe field.key = bytes(name)
            unsafe field.value.kind = UInt8(AMQP_FIELD_KIND_BOOLEAN.rawValue)
            unsafe field.value.value.boolean = 1
            unsafe (table + index).initialize(to: field)
        }
        return unsafe amqp_table_t(num_entries: Int32(names.count), entries: table)
    }
}
