/// An input, and the keys of its object that it asked for.
struct ReadInput<Input: Decodable>: Decodable {
    let input: Input
    let keys: Set<String>

    init(from decoder: any Decoder) throws {
        let asked = AskedKeys()
        input = try Input(from: RecordingDecoder(decoder: decoder, asked: asked))
        keys = asked.keys
    }
}

/// The keys that a type asked for while it was read.
private final class AskedKeys {
    var keys: Set<String> = []
}

/// Reads as another decoder does, and takes note of the keys of the outermost object.
private struct RecordingDecoder: Decoder {
    let decoder: any Decoder
    let asked: AskedKeys

    var codingPath: [any CodingKey] { decoder.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { decoder.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(RecordingKeys(container: try decoder.container(keyedBy: type), asked: asked))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try decoder.unkeyedContainer() }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { try decoder.singleValueContainer() }
}

/// Gives what another container gives, and takes note of the keys.
private struct RecordingKeys<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let container: KeyedDecodingContainer<Key>
    let asked: AskedKeys

    var codingPath: [any CodingKey] { container.codingPath }

    var allKeys: [Key] {
        // Who takes all keys takes any.
        for key in container.allKeys { note(key) }
        return container.allKeys
    }

    private func note(_ key: Key) { asked.keys.insert(key.stringValue) }

    func contains(_ key: Key) -> Bool {
        note(key)
        return container.contains(key)
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        note(key)
        return try container.decodeNil(forKey: key)
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        note(key)
        return try container.decode(type, forKey: key)
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Inner> {
        note(key)
        return try container.nestedContainer(keyedBy: type, forKey: key)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        note(key)
        return try container.nestedUnkeyedContainer(forKey: key)
    }

    func superDecoder() throws -> any Decoder {
        asked.keys.insert("super")
        return try container.superDecoder()
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        note(key)
        return try container.superDecoder(forKey: key)
    }
}
