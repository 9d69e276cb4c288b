import Foundation
import TestSupport
import Testing

@Suite("a client whose process is stopped for longer than a request's time", .timeLimit(.minutes(1)))
struct StoppedClientTests {
    /// More than libcurl reads at once: of what is read later it looks at the time first.
    private static let ok =
        "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + String(repeating: "x", count: 60_000)
    private static let (timeout, stop) = (Duration.seconds(1), Duration.milliseconds(1800))

    /// When the server answers.
    enum Moment: CaseIterable {
        case whileStopped, afterwards, never
    }

    @Test(
        "it takes an answer that came meanwhile, and waits for another in the time that it has left",
        arguments: Moment.allCases)
    func stopped(answered moment: Moment) async throws {
        let mayAnswer = DispatchSemaphore(value: 0)
        let server = try RawServer { _ in
            mayAnswer.wait()
            return moment == .never ? .stall : .send(Self.ok)
        }
        let client = try StoppedClient(url: server.url, timeout: Self.timeout)
        var events = server.events.makeAsyncIterator()
        guard case .request = await events.next() else {
            Issue.record("no request came")
            return
        }
        try await client.stop()
        if moment != .afterwards { mayAnswer.signal() }
        // Time is what it is about: more than the request has.
        try await Task.sleep(for: Self.stop)
        client.goOn()
        if moment == .afterwards { mayAnswer.signal() }
        let said = await client.said()
        #expect(said.ending == (moment == .never ? "the time was up" : "200"))
        // It was there for the time that it had, and no longer.
        #expect((moment == .never ? 900 : 0)..<1800 ~= said.milliseconds, "\(said.milliseconds)")
    }
}
