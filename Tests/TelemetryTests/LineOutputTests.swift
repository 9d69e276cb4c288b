import Foundation
import Logging
import Telemetry
import Testing

@Suite("Lines that nobody reads", .timeLimit(.minutes(1)))
struct LineOutputTests {
    private static func count(_ text: String) throws -> Int {
        let line = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return line?["count"] as? Int ?? 0
    }

    @Test("are never waited for; what finds no room is dropped and counted")
    func dropped() async throws {
        let pipe = Pipe()
        let output = LineOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let logger = Logger(label: "test") { _ in JSONLogHandler(output: output) }
        let (count, text) = (6_000, String(repeating: "x", count: 1_000))
        for number in 0..<count { logger.notice("\(number) \(text)") }
        #expect(!output.flush(within: .milliseconds(50)))

        // The reader comes back, and finds whole lines in their order, and how many are missing.
        let reader = Task.detached {
            var (lines, rest) = ([String](), Data())
            while lines.last?.contains("dropped") != true {
                rest += pipe.fileHandleForReading.availableData
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    lines.append(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
            }
            return lines
        }
        let lines = await reader.value
        let last = try #require(lines.last)
        #expect(last.contains("\"message\":\"log lines were dropped, because nobody read them\""))
        #expect(try Self.count(last) == count - (lines.count - 1))
        #expect(lines.count > LineOutput.bufferBytesMax / 1_200 && lines.count < count)
        for (number, line) in lines.dropLast().enumerated() {
            #expect(line.contains("\"message\":\"\(number) xxx") && line.hasSuffix("\"}"))
        }
        #expect(output.flush(within: .seconds(10)))
    }

    @Test("do no harm when their reader is gone")
    func gone() throws {
        let pipe = Pipe()
        _ = signal(SIGPIPE, SIG_IGN)
        let output = LineOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        try pipe.fileHandleForReading.close()
        for _ in 0..<100 { output.write("a line") }
        #expect(output.flush(within: .seconds(10)))
    }
}
