import Foundation
package import Spending

/// The calls in files of Bedrock's model invocation logging.
///
/// A file holds records as Bedrock delivers them to S3, one a line, or in an array; or events of CloudWatch Logs around
/// them, one a line, in an array, or as `aws logs filter-log-events` prints them; in UTF-8 or UTF-16. See
/// ``InvocationLogRecord``.
package struct InvocationLog: Sendable, Hashable {
    /// The calls, in the files' order.
    package private(set) var calls: [InvoicedCall] = []
    /// How many objects were no record of a call, such as the message that CloudWatch gets when logging is set up.
    package private(set) var skipped = 0

    private static let chunkBytes = 1 << 16

    /// Reads files; `-` is the standard input.
    ///
    /// A file is read piece by piece, and of a record only names and counts are kept.
    ///
    /// - Throws: ``InvocationLogError`` for the first thing that is wrong.
    package init(reading paths: [String]) throws(InvocationLogError) {
        for path in paths { try read(path) }
    }

    private mutating func read(_ path: String) throws(InvocationLogError) {
        let name = path == "-" ? "standard input" : path
        let input: FileHandle
        do {
            input = path == "-" ? .standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        } catch {
            throw .unreadable(file: name, reason: Self.reason(error))
        }
        // The standard input is not ours to close; what a close of a file only read can say does not matter.
        defer { if path != "-" { try? input.close() } }
        var encoding = LogEncoding()
        var splitter = LogRecordSplitter(file: name)
        let decoder = JSONDecoder()
        var isFirst = true
        while let bytes = try Self.chunk(input, name) {
            if isFirst, bytes.starts(with: [0x1f, 0x8b]) { throw .compressed(file: name) }
            isFirst = false
            for record in try splitter.read(encoding.utf8(bytes)) { try add(record, decoder, name) }
        }
        for record in try splitter.read(encoding.utf8([], isLast: true)) { try add(record, decoder, name) }
        try splitter.finish()
    }

    private mutating func add(
        _ record: LogRecordSplitter.Record, _ decoder: JSONDecoder, _ file: String
    ) throws(InvocationLogError) {
        var object = try Self.decode(Data(record.bytes), decoder, file, record.line)
        if case .event(let message) = object {
            // An event's text is a record, or no JSON at all.
            object =
                message.utf8.first == UInt8(ascii: "{")
                ? try Self.decode(Data(message.utf8), decoder, file, record.line) : .other
        }
        switch object {
        case .call(let call): calls.append(call)
        case .unknownVersion: throw .unknownVersion(file: file, line: record.line)
        case .event, .other: skipped += 1
        }
    }

    private static func decode(
        _ json: Data, _ decoder: JSONDecoder, _ file: String, _ line: Int
    ) throws(InvocationLogError) -> InvocationLogRecord {
        do {
            return try decoder.decode(InvocationLogRecord.self, from: json)
        } catch DecodingError.keyNotFound(let key, _) {
            throw .malformed(file: file, line: line, field: key.stringValue)
        } catch DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context)
        {
            // The path holds only names of ours; the description may quote the record.
            throw .malformed(file: file, line: line, field: context.codingPath.last?.stringValue)
        } catch {
            throw .malformed(file: file, line: line, field: nil)
        }
    }

    /// The next bytes; nil at the end.
    private static func chunk(_ input: FileHandle, _ file: String) throws(InvocationLogError) -> [UInt8]? {
        do {
            guard let data = try input.read(upToCount: chunkBytes), !data.isEmpty else { return nil }
            return Array(data)
        } catch {
            throw .unreadable(file: file, reason: reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: "there is no such file"
        case .fileReadNoPermission: "permission denied"
        default: "it is no readable file"
        }
    }
}
