import FoundationEssentials

/// Reads Swift types from a value, and takes note of the keys that they ask for.
struct YAMLDecoder: Decoder {
    let value: YAMLValue
    let codingPath: [any CodingKey]
    let asked: AskedKeys

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Reads a type, those first that have a form of their own in YAML.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        switch type {
        case is Duration.Type:
            // Longer than anything waits.
            if let value = try value.duration(in: .zero ... .seconds(10_000 * 3600)) as? Value { return value }
        case is URL.Type:
            guard let url = URL(string: try value.string()) else { throw value.problem("write a URL here") }
            if let url = url as? Value { return url }
        default: break
        }
        return try Value(from: self)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        let mapping = try value.mapping()
        asked.add(mapping, at: value.path)
        return KeyedDecodingContainer(YAMLKeys(decoder: self, mapping: mapping))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        YAMLElements(decoder: self, values: try value.list())
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { YAMLScalar(decoder: self) }

    /// The decoder of a value inside this one.
    func inside(_ value: YAMLValue, _ key: any CodingKey) -> YAMLDecoder {
        YAMLDecoder(value: value, codingPath: codingPath + [key], asked: asked)
    }
}

/// The values of a mapping.
private struct YAMLKeys<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: YAMLDecoder
    let mapping: YAMLMapping

    var codingPath: [any CodingKey] { decoder.codingPath }

    var allKeys: [Key] {
        let names = mapping.entries.map(\.key)
        // Who takes all keys takes any.
        decoder.asked.ask(names, at: decoder.value.path)
        return names.compactMap { Key(stringValue: $0) }
    }

    func contains(_ key: Key) -> Bool {
        decoder.asked.ask(CollectionOfOne(key.stringValue), at: decoder.value.path)
        return mapping.optional(key.stringValue) != nil
    }

    private func inner(_ key: Key) throws -> YAMLDecoder {
        guard contains(key) else { throw decoder.value.problem("the key `\(key.stringValue)` is missing") }
        return decoder.inside(try mapping.required(key.stringValue), key)
    }

    func decodeNil(forKey key: Key) throws -> Bool { try inner(key).value.isNull }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try inner(key).decode(type) }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Inner> {
        try inner(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try inner(key).unkeyedContainer()
    }

    func superDecoder() -> any Decoder { decoder }

    func superDecoder(forKey key: Key) throws -> any Decoder { try inner(key) }
}

/// The values of a list.
private struct YAMLElements: UnkeyedDecodingContainer {
    private struct Index: CodingKey {
        let intValue: Int?
        var stringValue: String { intValue.map { "\($0)" } ?? "" }

        init(intValue: Int) { self.intValue = intValue }
        init?(stringValue: String) { nil }
    }

    let decoder: YAMLDecoder
    let values: [YAMLValue]
    private(set) var currentIndex = 0

    init(decoder: YAMLDecoder, values: [YAMLValue]) {
        self.decoder = decoder
        self.values = values
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { values.count }
    var isAtEnd: Bool { currentIndex >= values.count }

    private func current() throws -> YAMLDecoder {
        guard !isAtEnd else { throw decoder.value.problem("the list is too short; it has \(values.count) elements") }
        return decoder.inside(values[currentIndex], Index(intValue: currentIndex))
    }

    mutating func decodeNil() throws -> Bool {
        guard try current().value.isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try current().decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) throws -> KeyedDecodingContainer<Inner> {
        let container = try current().container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try current().unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try current()
        currentIndex += 1
        return decoder
    }
}

/// One scalar.
private struct YAMLScalar: SingleValueDecodingContainer {
    let decoder: YAMLDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.value.isNull }

    func decode(_ type: Bool.Type) throws -> Bool { try decoder.value.bool() }
    func decode(_ type: String.Type) throws -> String { try decoder.value.string() }
    func decode(_ type: Double.Type) throws -> Double { try number(Double.init) }
    func decode(_ type: Float.Type) throws -> Float { try number(Float.init) }
    func decode(_ type: Int.Type) throws -> Int { try whole() }
    func decode(_ type: Int8.Type) throws -> Int8 { try whole() }
    func decode(_ type: Int16.Type) throws -> Int16 { try whole() }
    func decode(_ type: Int32.Type) throws -> Int32 { try whole() }
    func decode(_ type: Int64.Type) throws -> Int64 { try whole() }
    func decode(_ type: UInt.Type) throws -> UInt { try whole() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try whole() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try whole() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try whole() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try whole() }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.decode(type) }

    private func number<Number: BinaryFloatingPoint>(_ make: (String) -> Number?) throws -> Number {
        guard let number = decoder.value.scalar.flatMap(make), number.isFinite else {
            throw decoder.value.problem("write a number here")
        }
        return number
    }

    private func whole<Number: FixedWidthInteger>() throws -> Number {
        guard let number = decoder.value.scalar.flatMap({ Number($0) }) else {
            throw decoder.value.problem(
                "write a whole number from \(Number.min) to \(Number.max)")
        }
        return number
    }
}
