extension YAMLValue {
    /// Reads a type from what stands here.
    ///
    /// Each key must be one that the type asks for. A `Duration` is written with its unit, such as `30s`, and a `URL` as a
    /// text.
    ///
    /// - Throws: ``YAMLProblem`` with the line of what cannot be read; it holds what the type's own `DecodingError` says.
    package func decode<Value: Decodable>(_ type: Value.Type) throws(YAMLProblem) -> Value {
        let asked = AskedKeys()
        do {
            let value = try YAMLDecoder(value: self, codingPath: [], asked: asked).decode(type)
            if let problem = asked.firstUnknown() { throw problem }
            return value
        } catch let problem as YAMLProblem {
            throw problem
        } catch let error as DecodingError {
            throw problem(error)
        } catch {
            throw problem("it cannot be read: \(error)")
        }
    }

    private func problem(_ error: DecodingError) -> YAMLProblem {
        switch error {
        case .keyNotFound(let key, let context):
            value(at: context.codingPath).problem("the key `\(key.stringValue)` is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            value(at: context.codingPath).problem(context.debugDescription)
        @unknown default: problem("it cannot be read")
        }
    }

    /// The value that a path leads to, or the last one that is there.
    private func value(at path: [any CodingKey]) -> YAMLValue {
        path.reduce(self) { value, key in
            // A path that leads nowhere ends where it still led.
            if let index = key.intValue, let list = try? value.list() {
                return list.indices.contains(index) ? list[index] : value
            }
            return (try? value.mapping())?.optional(key.stringValue) ?? value
        }
    }
}

/// Which keys of which mappings were asked for.
final class AskedKeys {
    private var mappings: [(mapping: YAMLMapping, path: String, keys: Set<String>)] = []

    /// Takes note of a mapping that is read by its keys.
    func add(_ mapping: YAMLMapping, at path: String) {
        if !mappings.contains(where: { $0.path == path }) { mappings.append((mapping, path, [])) }
    }

    /// Takes note of keys that are asked for.
    func ask(_ keys: some Sequence<String>, at path: String) {
        guard let index = mappings.firstIndex(where: { $0.path == path }) else { return }
        mappings[index].keys.formUnion(keys)
    }

    /// What is wrong with the first key that nobody has asked for.
    func firstUnknown() -> YAMLProblem? {
        for (mapping, _, keys) in mappings {
            for entry in mapping.entries where !keys.contains(entry.key) { return entry.unknown(beside: keys.sorted()) }
        }
        return nil
    }
}
