package import FoundationEssentials

/// A value as it goes to the server and comes back, always in PostgreSQL's binary form.
package enum PostgresValue: Sendable, Hashable {
    /// No value, of whatever type the statement expects.
    case null
    /// `boolean`
    case bool(Bool)
    /// `bigint`
    case int8(Int64)
    /// `text`, without zero characters, which PostgreSQL refuses.
    case text(String)
    /// `bytea`
    case bytea(Data)
    /// `timestamptz`, to the microsecond.
    case timestamptz(Date)
    /// A one-dimensional array: many rows in one parameter, by `unnest`.
    case array(PostgresType, [PostgresValue])
}

/// The types that values have: <https://www.postgresql.org/docs/13/catalog-pg-type.html>.
package enum PostgresType: UInt32, Sendable {
    /// `boolean`
    case bool = 16
    /// `bytea`
    case bytea = 17
    /// `bigint`
    case int8 = 20
    /// `text`
    case text = 25
    /// `timestamptz`
    case timestamptz = 1184

    var arrayOID: UInt32 {
        switch self {
        case .bool: 1000
        case .bytea: 1001
        case .int8: 1016
        case .text: 1009
        case .timestamptz: 1185
        }
    }
}

extension PostgresValue {
    /// A text, or null.
    package static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }

    /// A number, or null.
    package static func int8(_ value: (some BinaryInteger)?) -> PostgresValue { value.map { .int8(Int64($0)) } ?? .null }

    /// An array of numbers.
    package static func int8s(_ values: some Sequence<Int64>) -> PostgresValue { .array(.int8, values.map { .int8($0) }) }

    /// An array of numbers and nulls.
    package static func int8s(_ values: some Sequence<Int64?>) -> PostgresValue { .array(.int8, values.map { .int8($0) }) }

    /// An array of texts.
    package static func texts(_ values: some Sequence<String>) -> PostgresValue { .array(.text, values.map { .text($0) }) }

    /// An array of texts and nulls.
    package static func texts(_ values: some Sequence<String?>) -> PostgresValue { .array(.text, values.map { .text($0) }) }
}

/// A value that a column can be read as.
package protocol PostgresReadable {
    /// Reads the value; nil where the column's is another.
    init?(_ value: PostgresValue)
}

extension Bool: PostgresReadable {
    /// Reads a `boolean`.
    package init?(_ value: PostgresValue) {
        guard case .bool(let bool) = value else { return nil }
        self = bool
    }
}

extension Int64: PostgresReadable {
    /// Reads a whole number.
    package init?(_ value: PostgresValue) {
        guard case .int8(let number) = value else { return nil }
        self = number
    }
}

extension Int: PostgresReadable {
    /// Reads a whole number.
    package init?(_ value: PostgresValue) {
        guard case .int8(let number) = value else { return nil }
        self.init(exactly: number)
    }
}

extension String: PostgresReadable {
    /// Reads a `text`.
    package init?(_ value: PostgresValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }
}

extension Data: PostgresReadable {
    /// Reads a `bytea`.
    package init?(_ value: PostgresValue) {
        guard case .bytea(let bytes) = value else { return nil }
        self = bytes
    }
}

extension Date: PostgresReadable {
    /// Reads a `timestamptz`.
    package init?(_ value: PostgresValue) {
        guard case .timestamptz(let date) = value else { return nil }
        self = date
    }
}

extension Optional: PostgresReadable where Wrapped: PostgresReadable {
    /// Reads a value that may be null.
    package init?(_ value: PostgresValue) {
        if case .null = value {
            self = nil
        } else {
            guard let wrapped = Wrapped(value) else { return nil }
            self = wrapped
        }
    }
}
