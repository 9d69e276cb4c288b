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
    /// `uuid`
    case uuid(UUID)
    /// `bigint[]`: many rows in one parameter, by `unnest`.
    case int8s([Int64?])
    /// `text[]`
    case texts([String?])
    /// `bytea[]`
    case byteas([Data])
    /// `uuid[]`
    case uuids([UUID])
}

extension PostgresValue {
    /// A text, or null.
    package static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }

    /// A number, or null.
    package static func int8(_ value: (some BinaryInteger)?) -> PostgresValue {
        value.map { .int8(Int64($0)) } ?? .null
    }

    /// A truth value, or null.
    package static func bool(_ value: Bool?) -> PostgresValue { value.map { .bool($0) } ?? .null }

    /// A `uuid`, or null.
    package static func uuid(_ value: UUID?) -> PostgresValue { value.map { .uuid($0) } ?? .null }

    /// An instant, or null.
    package static func timestamptz(_ value: Date?) -> PostgresValue { value.map { .timestamptz($0) } ?? .null }
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

extension UUID: PostgresReadable {
    /// Reads a `uuid`.
    package init?(_ value: PostgresValue) {
        guard case .uuid(let uuid) = value else { return nil }
        self = uuid
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
