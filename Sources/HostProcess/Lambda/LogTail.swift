import FoundationEssentials
import Logging
import Synchronization

/// The last of what one invocation logged, for a caller who wants to see it: 4 KB, as Lambda gives it.
final class LogTail: Sendable {
    private static let bytesMax = 4096

    private let text = Mutex("")

    /// Adds a line; what is too much goes at the begin.
    func add(_ line: String) {
        text.withLock { text in
            text += "\(line)\n"
            if text.utf8.count > Self.bytesMax {
                text = String(decoding: text.utf8.suffix(Self.bytesMax), as: UTF8.self)
            }
        }
    }

    /// As it stands in a header.
    var base64: String { Data(text.withLock { Array($0.utf8.suffix(Self.bytesMax)) }).base64EncodedString() }

    /// A logger that does what another does, and adds to the tail from `info` on.
    func logger(beside base: Logger) -> Logger {
        Logger(label: base.label) { _ in
            LogTailHandler(tail: self, base: base, logLevel: min(base.logLevel, .info))
        }
    }
}

/// Hands each entry on, and adds it to a tail.
private struct LogTailHandler: LogHandler {
    let tail: LogTail
    let base: Logger
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let given = event.metadata { all.merge(given) { $1 } }
        let facts = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        tail.add("\(event.level.rawValue.uppercased()) \(event.message)\(facts)")
        base.log(
            level: event.level, event.message, metadata: all, source: event.source, file: event.file,
            function: event.function, line: event.line)
    }
}
