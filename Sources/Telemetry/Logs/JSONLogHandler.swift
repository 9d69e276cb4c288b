package import FoundationEssentials
package import Logging

/// Writes each log entry as one line of JSON, for what collects lines.
///
/// ```json
/// {"time":"2026-11-26T09:30:00.123Z","level":"notice","message":"host drained","drain.finished":3}
/// ```
///
/// `time` is in UTC. Keys of metadata stand beside these three, sorted; one that has their name is written with
/// `metadata.` before it. Whatever a text holds, the entry is one line of valid JSON. Entries that were dropped because
/// nobody read them are counted in one that says so.
package struct JSONLogHandler: LogHandler {
    private static let ownKeys: Set<String> = ["time", "level", "message"]
    /// Deeper metadata is left out: no line of ours has any.
    private static let depthMax = 8

    package var logLevel: Logger.Level = .info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let output: LineOutput
    private let now: @Sendable () -> Date

    /// Makes a handler.
    ///
    /// - Parameters:
    ///   - output: Where the lines go.
    ///   - now: The clock of the lines.
    package init(output: LineOutput, now: @escaping @Sendable () -> Date = { .now }) {
        self.output = output
        self.now = now
        output.describeDrops { count in
            var line = Self.line(.warning, "log lines were dropped, because nobody read them", at: now())
            line.add("count", raw: "\(count)")
            return line.closed
        }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        var line = Self.line(event.level, event.message, at: now())
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line.add(
                Self.ownKeys.contains(key) ? "metadata.\(key)" : key, raw: Self.json(value, depth: Self.depthMax))
        }
        output.write(line.closed)
    }

    private static func line(_ level: Logger.Level, _ message: Logger.Message, at time: Date) -> JSONLine {
        var line = JSONLine()
        line.add("time", time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        line.add("level", level.rawValue)
        line.add("message", message.description)
        return line
    }

    private static func json(_ value: Logger.Metadata.Value, depth: Int) -> String {
        guard depth > 0 else { return "null" }
        switch value {
        case .string(let text): return JSONLine.quoted(text)
        case .stringConvertible(let value as Int): return "\(value)"
        case .stringConvertible(let value as Double): return JSONLine.number(value) ?? "null"
        case .stringConvertible(let value as Bool): return "\(value)"
        case .stringConvertible(let value): return JSONLine.quoted(value.description)
        case .array(let values): return JSONLine.array(values.map { json($0, depth: depth - 1) })
        case .dictionary(let values):
            var object = JSONLine()
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                object.add(key, raw: json(value, depth: depth - 1))
            }
            return object.closed
        }
    }
}
