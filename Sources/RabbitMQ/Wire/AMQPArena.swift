import CRabbitMQ

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
