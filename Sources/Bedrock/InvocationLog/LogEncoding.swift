/// Turns a log's bytes into UTF-8, piece by piece: what shells of Windows write into a file is UTF-16.
///
/// JSON begins with an ASCII character, so that the zero beside it tells the order of the bytes, also without a byte order mark.
/// A mark stays where it is: ``LogRecordSplitter`` passes over it.
struct LogEncoding {
    private enum Form {
        case utf8
        case utf16(isLittleEndian: Bool)
    }

    private var form: Form?
    /// What cannot be told or turned before more is read.
    private var rest: [UInt8] = []

    /// Reads on.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of the file.
    ///   - isLast: Whether these are its last.
    /// - Returns: What is whole of them, in UTF-8.
    mutating func utf8(_ bytes: [UInt8], isLast: Bool = false) -> [UInt8] {
        rest += bytes
        guard rest.count >= 2 || isLast else { return [] }
        let form = form ?? Self.form(rest)
        self.form = form
        defer { if case .utf8 = form { rest = [] } }
        guard case .utf16(let isLittleEndian) = form else { return rest }
        var units = stride(from: 0, to: rest.count - 1, by: 2).map { index in
            let (first, second) = (UInt16(rest[index]), UInt16(rest[index + 1]))
            return isLittleEndian ? second << 8 | first : first << 8 | second
        }
        // The first half of a pair waits for its other half.
        if !isLast, let last = units.last, UTF16.isLeadSurrogate(last) { units.removeLast() }
        rest.removeFirst(units.count * 2)
        // Half a character at the end is no character.
        return Array(String(decoding: units, as: UTF16.self).utf8)
            + (isLast && !rest.isEmpty ? Array("\u{FFFD}".utf8) : [])
    }

    private static func form(_ bytes: [UInt8]) -> Form {
        guard bytes.count >= 2 else { return .utf8 }
        switch (bytes[0], bytes[1]) {
        case (0xFF, 0xFE), (1..., 0): return .utf16(isLittleEndian: true)
        case (0xFE, 0xFF), (0, 1...): return .utf16(isLittleEndian: false)
        default: return .utf8
        }
    }
}
