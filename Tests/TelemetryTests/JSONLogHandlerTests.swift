import Foundation
import Logging
import Telemetry
import TestSupport
import Testing

@Suite("JSON log lines")
struct JSONLogHandlerTests {
    private func log(_ body: (inout Logger) -> Void) throws -> [[String: Any]] {
        let captured = try CapturedOutput()
        var logger = Logger(label: "test") { _ in
            JSONLogHandler(output: captured.output, now: { Date(timeIntervalSince1970: 1_795_700_000.125) })
        }
        body(&logger)
        return try captured.lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }

    @Test("have time in UTC, level, message and the metadata of logger and line")
    func fields() throws {
        let lines = try log { logger in
            logger[metadataKey: "task.id"] = "t1"
            logger[metadataKey: "function.name"] = "old"
            logger.notice("host drained", metadata: ["function.name": "new", "drain.finished": .stringConvertible(3)])
        }
        let line = try #require(lines.first)
        #expect(line["time"] as? String == "2026-11-26T13:33:20.125Z")
        #expect(line["level"] as? String == "notice")
        #expect(line["message"] as? String == "host drained")
        #expect(line["task.id"] as? String == "t1")
        #expect(line["function.name"] as? String == "new")
        #expect(line["drain.finished"] as? Int == 3)
        #expect(line.count == 6)
    }

    @Test("keep their own keys, and nested metadata")
    func keys() throws {
        let lines = try log { logger in
            logger.info(
                "a", metadata: ["time": "x", "level": "y", "message": "z", "list": ["a", ["b": "c"]], "n": "\(1.5)"])
        }
        let line = try #require(lines.first)
        #expect(line["message"] as? String == "a")
        #expect(line["metadata.time"] as? String == "x")
        #expect(line["metadata.level"] as? String == "y")
        #expect(line["metadata.message"] as? String == "z")
        #expect((line["list"] as? [Any])?.first as? String == "a")
        #expect((line["list"] as? [Any])?.last as? [String: String] == ["b": "c"])
    }

    @Test("leave out what is below the level")
    func level() throws {
        let lines = try log { logger in
            logger.debug("no")
            logger.logLevel = .debug
            logger.debug("yes")
        }
        #expect(lines.map { $0["message"] as? String } == ["yes"])
    }

    @Test("are one line of JSON each, whatever a text holds", arguments: 0..<20)
    func anyText(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let hostile: [Unicode.Scalar] = [
            "\0", "\n", "\r", "\t", "\"", "\\", "\u{7f}", "\u{85}", "\u{2028}", "\u{2029}", "\u{1b}", "{", "}", "é",
            "\u{301}", "\u{fffe}", "\u{10ffff}", "😀", "a",
        ]
        var texts: [String] = []
        for _ in 0..<50 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                text.unicodeScalars.append(hostile.randomElement(using: &generator) ?? "a")
            }
            texts.append(text)
        }
        let lines = try log { logger in
            for text in texts { logger.info("\(text)", metadata: ["k\(text)": "\(text)"]) }
        }
        #expect(lines.count == texts.count)
        for (line, text) in zip(lines, texts) {
            #expect((line["message"] as? String).map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
            #expect((line["k\(text)"] as? String).map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        }
    }

    @Test("of many threads do not mix")
    func threads() async throws {
        let captured = try CapturedOutput()
        let text = String(repeating: "x", count: 2000)
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<50 { captured.output.write(text) } }
            }
        }
        #expect(try captured.lines.count == 400)
        #expect(try captured.lines.allSatisfy { $0 == text })
    }
}
