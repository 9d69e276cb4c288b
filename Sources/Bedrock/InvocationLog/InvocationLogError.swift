/// Why a log cannot be compared.
///
/// It never quotes the log, whose bodies hold what people wrote.
package enum InvocationLogError: Error, Sendable, Hashable {
    /// The file cannot be opened or read.
    case unreadable(file: String, reason: String)
    /// The file is gzip, as S3 delivers it.
    case compressed(file: String)
    /// What begins in this line is no JSON, or a record without what each record has: `field`, where that is known.
    case malformed(file: String, line: Int, field: String?)
    /// What begins in this line is longer than any record is.
    case tooLong(file: String, line: Int)
    /// The record in this line is of a version of the format that came later.
    case unknownVersion(file: String, line: Int)
}

extension InvocationLogError: CustomStringConvertible {
    /// One sentence that says what to do.
    package var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
        case .compressed(let file): "\(file) is compressed: gunzip it first, or pipe gunzip -c into -"
        case .malformed(let file, let line, let field?):
            "\(file):\(line): a record whose \(field) is missing or malformed; fetch the log again"
        case .malformed(let file, let line, nil):
            "\(file):\(line): no JSON; give the log as Bedrock delivers it, or as aws logs filter-log-events prints it"
        case .tooLong(let file, let line):
            "\(file):\(line): more than \(LogRecordSplitter.bytesMax) bytes without an end; this is no invocation log"
        case .unknownVersion(let file, let line):
            "\(file):\(line): a record of a version other than 1; this sluice is too old for the log"
        }
    }
}
