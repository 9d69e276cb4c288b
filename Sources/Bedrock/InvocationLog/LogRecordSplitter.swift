/// Cuts a log into its records without reading them, so that no more than a few are in memory.
///
/// Takes objects one after another, each on its line or over several; objects in an array; and objects in the array
/// `events` of an object, as `aws logs filter-log-events` prints them. Once an object was whole on its line, all are:
/// a line that breaks off is then found in that line.
struct LogRecordSplitter {
    /// A record's bytes, and the line that it begins in, from 1.
    struct Record {
        var line: Int
        var bytes: [UInt8]
    }

    /// More than any record: bodies above 100 KB are delivered apart, see ``InvocationLogRecord``.
    static let bytesMax = 4 << 20

    /// What is around the next object.
    private enum Place {
        /// Nothing.
        case top
        /// An array.
        case array
        /// The array `events`.
        case events
        /// That array has ended, the object around it has not; no record follows in it.
        case envelope
    }

    /// What a byte does.
    private enum Step {
        case none
        case begins
        case ends
        /// The record that was begun is the object around the array `events`.
        case isEnvelope
    }

    private let file: String
    private var line = 1
    private var place = Place.top
    private var isInRecord = false
    private var isInString = false
    private var isEscaped = false
    /// Open brackets in the record or the envelope.
    private var depth = 0
    private var record = Record(line: 1, bytes: [])
    /// The last string of a record's own level, as far as it takes to tell it from `events`.
    private var key: [UInt8] = []
    private var isOneObjectALine = false

    init(file: String) { self.file = file }

    /// Reads on.
    ///
    /// - Returns: The records that end in these bytes.
    mutating func read(_ bytes: [UInt8]) throws(InvocationLogError) -> [Record] {
        var records: [Record] = []
        var start = 0
        for (index, byte) in bytes.enumerated() {
            switch try step(byte) {
            case .none: break
            case .begins:
                start = index
                record = Record(line: line, bytes: [])
            case .ends:
                try keep(bytes[start...index])
                records.append(record)
                if place == .top && record.line == line { isOneObjectALine = true }
            case .isEnvelope: record.bytes = []
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
        }
        if isInRecord { try keep(bytes[start...]) }
        return records
    }

    /// Makes sure that nothing was cut off.
    func finish() throws(InvocationLogError) {
        guard !isInRecord, place == .top else {
            throw .malformed(file: file, line: isInRecord ? record.line : line, field: nil)
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) throws(InvocationLogError) {
        record.bytes += bytes
        guard record.bytes.count <= Self.bytesMax else { throw .tooLong(file: file, line: record.line) }
    }

    private mutating func step(_ byte: UInt8) throws(InvocationLogError) -> Step {
        if isInString { return try stepInString(byte) }
        if isInRecord || place == .envelope { return try stepInObject(byte) }
        switch (byte, place) {
        case (UInt8(ascii: " "), _), (UInt8(ascii: "\t"), _), (UInt8(ascii: "\r"), _), (UInt8(ascii: "\n"), _): break
        // A byte order mark, also where files were put together.
        case (0xEF, .top), (0xBB, .top), (0xBF, .top): break
        case (UInt8(ascii: ","), .array), (UInt8(ascii: ","), .events): break
        case (UInt8(ascii: "["), .top): place = .array
        case (UInt8(ascii: "]"), .array): place = .top
        case (UInt8(ascii: "]"), .events):
            place = .envelope
            depth = 1
        case (UInt8(ascii: "{"), _):
            isInRecord = true
            depth = 1
            key = []
            return .begins
        default: throw .malformed(file: file, line: line, field: nil)
        }
        return .none
    }

    private mutating func stepInString(_ byte: UInt8) throws(InvocationLogError) -> Step {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
        } else if byte == UInt8(ascii: "\n") {
            // No JSON string goes over a line's end.
            throw .malformed(file: file, line: isInRecord ? record.line : line, field: nil)
        }
        if isInString && depth == 1 && key.count <= Self.events.count { key.append(byte) }
        return .none
    }

    private static let events = Array("events".utf8)

    private mutating func stepInObject(_ byte: UInt8) throws(InvocationLogError) -> Step {
        switch byte {
        case UInt8(ascii: "\""):
            isInString = true
            if depth == 1 { key = [] }
        case UInt8(ascii: "[") where isInRecord && place == .top && depth == 1 && key == Self.events:
            isInRecord = false
            place = .events
            return .isEnvelope
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            guard depth == 0 else { break }
            if isInRecord {
                isInRecord = false
                return .ends
            }
            place = .top
        case UInt8(ascii: "\n") where isOneObjectALine && isInRecord && place == .top:
            throw .malformed(file: file, line: record.line, field: nil)
        default: break
        }
        return .none
    }
}
