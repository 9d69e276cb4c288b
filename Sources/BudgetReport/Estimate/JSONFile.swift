import Foundation

/// Reads a JSON file, and says in one sentence why it cannot be used.
enum JSONFile {
    /// The largest file that is read; a task definition is at most 64 KiB.
    private static let bytesMax = 1 << 20

    /// The bytes of a file.
    ///
    /// - Throws: ``EstimateProblem/unreadable(file:)``.
    static func contents(_ file: String) throws(EstimateProblem) -> Data {
        guard let data = FileManager.default.contents(atPath: file), data.count <= bytesMax else {
            throw .unreadable(file: file)
        }
        return data
    }

    /// Decodes a file's bytes.
    ///
    /// - Throws: ``EstimateProblem``.
    static func decode<Value: Decodable>(
        _ type: Value.Type, _ data: Data, file: String
    ) throws(EstimateProblem) -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw problem(error, in: data, file: file)
        } catch {
            throw .brokenJSON(file: file, place: nil)
        }
    }

    private static func problem(_ error: DecodingError, in data: Data, file: String) -> EstimateProblem {
        switch error {
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            .brokenJSON(file: file, place: place(in: data))
        case .keyNotFound(let key, let context):
            .badField(file: file, field: path(context.codingPath + [key]), advice: "the key is missing; add it")
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            .badField(
                file: file, field: path(context.codingPath),
                advice: "the value is of another kind than AWS documents; look the key up")
        @unknown default: .brokenJSON(file: file, place: nil)
        }
    }

    /// Where a text stops being JSON, for the decoder does not say it, and the parser does.
    ///
    /// `Invalid value around character 8.` becomes `line 1: Invalid value`.
    private static func place(in data: Data) -> String? {
        do {
            _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            return nil
        } catch {
            guard let text = (error as NSError).userInfo["NSDebugDescription"] as? String else { return nil }
            let parts = text.split(separator: " around character ")
            guard parts.count == 2, let offset = Int(parts[1].prefix { $0.isNumber }) else {
                return text.hasSuffix(".") ? String(text.dropLast()) : text
            }
            let line = data.prefix(offset).count { $0 == UInt8(ascii: "\n") } + 1
            return "line \(line): \(parts[0])"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        let path = keys.reduce(into: "") { path, key in
            path += key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? key.stringValue : ".\(key.stringValue)")
        }
        return path.isEmpty ? "the file" : path
    }
}
