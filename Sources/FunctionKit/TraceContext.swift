/// A position in a W3C trace: <https://www.w3.org/TR/trace-context/#traceparent-header>.
public struct TraceContext: Sendable, Hashable {
    /// 32 lowercase hexadecimal digits, not all zero.
    public let traceID: String
    /// 16 lowercase hexadecimal digits, not all zero.
    public let spanID: String
    /// Whether the caller recorded its trace.
    public let isSampled: Bool

    /// The header's value, such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

    /// A new trace.
    public init() {
        self.init(traceID: Self.randomHex(words: 2), spanID: Self.randomHex(words: 1), isSampled: false)
    }

    /// Reads a `traceparent` header; nil where the specification says to ignore it and start a new trace.
    public init?(traceparent: String) {
        let fields = traceparent.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[0].count == 2, fields[1].count == 32, fields[2].count == 16,
            fields[3].count == 2, fields[0...3].allSatisfy({ $0.allSatisfy(Self.isHexDigit) }),
            let version = UInt8(Substring(fields[0]), radix: 16), version < 0xff, version > 0 || fields.count == 4,
            let flags = UInt8(Substring(fields[3]), radix: 16),
            fields[1...2].allSatisfy({ $0.contains { $0 != UInt8(ascii: "0") } })
        else { return nil }
        self.init(
            traceID: String(Substring(fields[1])), spanID: String(Substring(fields[2])), isSampled: flags & 1 == 1)
    }

    private init(traceID: String, spanID: String, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// A new span of the same trace.
    public func child() -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.randomHex(words: 1), isSampled: isSampled)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func randomHex(words: Int) -> String {
        (0..<words).map { _ in
            let digits = String(UInt64.random(in: 1 ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }
}
