import FunctionKit
import Testing

@Suite("TraceContext")
struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test(
        "Reads what the W3C specification lets pass",
        arguments: [
            ("00-\(trace)-\(span)-01", true), ("00-\(trace)-\(span)-00", false),
            // Unknown flags are ignored, unknown versions are read as far as version 00 goes.
            ("00-\(trace)-\(span)-fe", false), ("00-\(trace)-\(span)-ff", true),
            ("cc-\(trace)-\(span)-01", true), ("cc-\(trace)-\(span)-01-what-is-this", true),
            ("01-\(trace)-\(span)-01-", true),
        ])
    func accepted(header: String, isSampled: Bool) throws {
        let context = try #require(TraceContext(traceparent: header))
        #expect(context.traceID == Self.trace)
        #expect(context.spanID == Self.span)
        #expect(context.isSampled == isSampled)
        #expect(context.traceparent == "00-\(Self.trace)-\(Self.span)-\(isSampled ? "01" : "00")")
    }

    @Test(
        "Ignores what the W3C specification refuses",
        arguments: [
            "", "-", "---", "00", "00-\(trace)-\(span)", "ff-\(trace)-\(span)-01", "00-\(trace)-\(span)-01-more",
            "00-\(trace)-\(span)-01-", "0-\(trace)-\(span)-01", "000-\(trace)-\(span)-01", "0x-\(trace)-\(span)-01",
            "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span.uppercased())-01", "00-\(trace)-\(span)-0A",
            "00-\(trace.dropLast())-\(span)-01", "00-\(trace)0-\(span)-01", "00-\(trace)-\(span.dropLast())-01",
            "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-001", "cc-\(trace)-\(span)-01.what",
            "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
            "00-\(trace.dropLast())g-\(span)-01", "00-\(trace)-\(span)-0\u{301}1", " 00-\(trace)-\(span)-01",
            "00_\(trace)_\(span)_01", "0a-\(trace)-\(span)",
        ])
    func refused(header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test("A child is a new span of the same trace")
    func child() throws {
        let parent = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-01"))
        let child = parent.child()
        #expect(child.traceID == parent.traceID)
        #expect(child.isSampled)
        #expect(child.spanID != parent.spanID)
    }

    @Test("A new trace can be read back and is no other's")
    func new() {
        let contexts = (0..<200).map { _ in TraceContext() }
        #expect(contexts.allSatisfy { TraceContext(traceparent: $0.traceparent) == $0 })
        #expect(Set(contexts.map(\.traceID)).count == contexts.count)
    }
}
