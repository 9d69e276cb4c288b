import Bedrock
import Foundation
import FunctionKit
import Spending
import TestSupport
import Testing

@Suite("The invocation log")
struct InvocationLogTests {
    static let record = #"""
        {"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-08-19T12:00:00Z",
        "accountId":"123456789012","identity":{"arn":"arn:aws:sts::123456789012:assumed-role/host/task"},
        "region":"ap-south-1","requestId":"r-1","operation":"InvokeModel",
        "modelId":"arn:aws:bedrock:ap-south-1::foundation-model/meta.llama3-70b-instruct-v1:0",
        "input":{"inputContentType":"application/json","inputBodyJson":{"prompt":"a {\"b\": [1, \\ ]","events":[{}]},
        "inputTokenCount":35,"cacheReadInputTokenCount":3,"cacheWriteInputTokenCount":2},
        "output":{"outputContentType":"application/json","outputBodyJson":[{"generation":"c"}],"outputTokenCount":446},
        "requestMetadata":{"team":"growth","sluice-hold":"h-1","sluice-question":"q-1"}}
        """#
    static let line = record.replacingOccurrences(of: "\n", with: "")
    static let failure = #"""
        {"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-08-19T12:00:01.250Z",
        "region":"ap-south-1","requestId":"r-2","operation":"Converse","modelId":"m","errorCode":"ThrottlingException",
        "input":{"inputContentType":"application/json","inputBodyS3Path":"s3://bucket/key"}}
        """#.replacingOccurrences(of: "\n", with: "")
    static let other = #"{"schemaType":"ModelInvocationEvent","schemaVersion":"3","message":"{no"}"#
    static let calls = [
        InvoicedCall(
            requestID: "r-1", at: Date(timeIntervalSince1970: 1_787_140_800),
            model: "arn:aws:bedrock:ap-south-1::foundation-model/meta.llama3-70b-instruct-v1:0", region: "ap-south-1",
            usage: TokenUsage(inputTokens: 35, outputTokens: 446, cacheReadTokens: 3, cacheWriteTokens: 2),
            holdID: "h-1", questionID: "q-1"),
        InvoicedCall(
            requestID: "r-2", at: Date(timeIntervalSince1970: 1_787_140_801.25), model: "m", region: "ap-south-1",
            usage: nil, isError: true),
    ]

    static func event(_ message: String) throws -> String {
        struct Event: Encodable {
            let timestamp: Int
            let message: String
        }
        return String(
            decoding: try JSONEncoder().encode(Event(timestamp: 1_787_140_800_000, message: message)), as: UTF8.self)
    }

    static func read(_ bytes: Data) throws -> InvocationLog {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("log.json")
        try bytes.write(to: file)
        do {
            return try InvocationLog(reading: [file.path])
        } catch {
            // The folder's name is another each time.
            throw error.inFile("log.json")
        }
    }

    /// What a shell of Windows writes.
    static let encodings: [(name: String, encode: @Sendable (String) -> Data)] = [
        ("UTF-8 with a mark", { Data("\u{FEFF}\($0)".utf8) }),
        ("UTF-16 LE", { $0.data(using: .utf16LittleEndian) ?? Data() }),
        ("UTF-16 BE", { $0.data(using: .utf16BigEndian) ?? Data() }),
        ("UTF-16 LE with a mark", { "\u{FEFF}\($0)".data(using: .utf16LittleEndian) ?? Data() }),
        ("UTF-16 BE with a mark", { "\u{FEFF}\($0)".data(using: .utf16BigEndian) ?? Data() }),
        ("two files with a mark each", { Data("\u{FEFF}{\"schemaType\":\"x\"}\n\u{FEFF}\($0)".utf8) }),
    ]

    @Test(
        "is read in UTF-8 and UTF-16, in both orders, with a byte order mark or without", arguments: encodings.indices)
    func encoding(index: Int) throws {
        // Longer than a piece that is read, with characters of two, three and four bytes at its edges.
        let text = "é₹😀".unicodeScalars.map { String(repeating: String($0), count: 30_000) }.joined()
        let long = Self.line.replacing("\"growth\"", with: "\"\(text)\"")
        let log = try Self.read(Self.encodings[index].encode(long + "\r\n" + Self.failure + "\n"))
        #expect(log.calls == Self.calls, "\(Self.encodings[index].name)")
    }

    @Test("half a character at its end is no record", arguments: [1, 3])
    func halfCharacter(bytes: Int) throws {
        let whole = "\(Self.line)\n ".data(using: .utf16LittleEndian) ?? Data()
        #expect(throws: InvocationLogError.self) { try Self.read(whole.dropLast(bytes)) }
        #expect(try Self.read(Data()).calls.isEmpty && Self.read(Data([0x20])).calls.isEmpty)
    }

    @Test(
        "a record's instant is read strictly",
        arguments: ["2026-02-30T12:00:00Z", "2026-08-19T25:00:00Z", "2026-08-19T12:00:00Zx", "2026-08-19T12:00:00"])
    func badInstant(instant: String) {
        let line = Self.line.replacing("2026-08-19T12:00:00Z", with: instant)
        #expect(throws: InvocationLogError.malformed(file: "log.json", line: 1, field: "timestamp")) {
            try Self.read(line)
        }
    }

    static func read(_ text: String) throws -> InvocationLog { try read(Data(text.utf8)) }

    @Test("is read in every shape that it is delivered in")
    func shapes() throws {
        let envelope = #"{"events":[EVENTS],"searchedLogStreams":[{"events":[1]}],"nextToken":"[{"}"#
        let events = try [Self.line, "Permissions are correctly set for Amazon Bedrock logs.", Self.failure]
            .map(Self.event)
        let shapes = [
            "lines": "\(Self.line)\n\(Self.other)\n\(Self.failure)\n",
            "lines of Windows without the last end": "\r\n\(Self.line)\r\n\r\n\(Self.other)\r\n\(Self.failure)",
            "objects over lines": "\(Self.record)\n\(Self.other)\n\(Self.failure)\n",
            "an array": "[\(Self.line),\(Self.other),\(Self.failure)]",
            "an array over lines": " [\n\(Self.record)\n,\n\(Self.other),\n\(Self.failure)\n]\n",
            "lines of events": events.joined(separator: "\n"),
            "an array of events": "[\(events.joined(separator: ", "))]",
            "events as the command prints them":
                envelope.replacingOccurrences(of: "EVENTS", with: "\n    \(events.joined(separator: ",\n    "))\n"),
            "events of two pages":
                [events[0...0], events[1...2]].map {
                    envelope.replacingOccurrences(of: "EVENTS", with: $0.joined(separator: ","))
                }.joined(separator: "\n"),
        ]
        for (name, text) in shapes {
            let log = try Self.read(text)
            #expect(log.calls == Self.calls, "\(name)")
            #expect(log.skipped == 1, "\(name)")
        }
    }

    @Test("may be empty", arguments: ["", "\n\n", "[]", #"{"events": []}"#])
    func empty(text: String) throws {
        let log = try Self.read(text)
        #expect(log.calls.isEmpty)
        #expect(log.skipped == 0)
    }

    @Test("may be in several files")
    func severalFiles() throws {
        let folder = try TemporaryFolder()
        let paths = try [Self.line, Self.failure].enumerated().map { number, text in
            let file = folder.url.appendingPathComponent("\(number).json")
            try Data(text.utf8).write(to: file)
            return file.path
        }
        #expect(try InvocationLog(reading: paths).calls == Self.calls)
    }

    @Test("is the same wherever its pieces end")
    func pieces() throws {
        // Pieces are 65,536 bytes: with each length of the padding another byte of the record is the first of one.
        for padding in stride(from: 65_536 - Self.line.utf8.count, through: 65_536, by: 7) {
            let log = try Self.read(String(repeating: " ", count: padding) + Self.line + "\n" + Self.failure)
            #expect(log.calls == Self.calls)
        }
    }

    @Test("has a call without metadata, counts or version")
    func bare() throws {
        let log = try Self.read(
            #"{"schemaType":"ModelInvocationLog","timestamp":"2026-08-19T12:00:00Z","region":"a","requestId":"r","#
                + #""modelId":"m","output":null,"requestMetadata":"none"}"#)
        #expect(
            log.calls == [
                InvoicedCall(
                    requestID: "r", at: Date(timeIntervalSince1970: 1_787_140_800), model: "m", region: "a",
                    usage: nil)
            ])
    }

    @Test(
        "is no envelope where events are no array of its own",
        arguments: [#"{"events":{"a":[1]}}"#, #"{"a":{"events":[1]}}"#])
    func noEnvelope(text: String) throws {
        #expect(try Self.read(text).skipped == 1)
    }

    @Test("tells a line that breaks off from the long rest of the file")
    func brokenLine() throws {
        let rest = String(repeating: "\(Self.line)\n", count: (5 << 20) / Self.line.utf8.count)
        #expect(throws: InvocationLogError.malformed(file: "log.json", line: 2, field: nil)) {
            try Self.read("\(Self.line)\n{\"schemaType\":\n\(rest)")
        }
    }

    @Test("has the input's count alone where nothing was written")
    func inputAlone() throws {
        let text = Self.failure.replacingOccurrences(of: #""input":{"#, with: #""input":{"inputTokenCount":9,"#)
        #expect(try Self.read(text).calls.map(\.usage) == [TokenUsage(inputTokens: 9, outputTokens: 0)])
    }

    static let bad: [(text: String, error: InvocationLogError)] = [
        ("\(line)\n{\"schemaType\": \n\(line)\n", .malformed(file: "log.json", line: 2, field: nil)),
        ("\(line)\n\n\"secret\"\n", .malformed(file: "log.json", line: 3, field: nil)),
        ("\(line)\n\(line.dropLast())", .malformed(file: "log.json", line: 2, field: nil)),
        ("\(line)\n{\"a\": \"secret\n\"}", .malformed(file: "log.json", line: 2, field: nil)),
        ("\(line)\n{secret}", .malformed(file: "log.json", line: 2, field: nil)),
        ("[\n\(line)\n", .malformed(file: "log.json", line: 3, field: nil)),
        ("[\n1]", .malformed(file: "log.json", line: 2, field: nil)),
        ("{\"events\": [{}]", .malformed(file: "log.json", line: 1, field: nil)),
        ("2026-08-19T12:00:00Z \(line)", .malformed(file: "log.json", line: 1, field: nil)),
        (
            "\(line)\n" + line.replacingOccurrences(of: "\"requestId\":\"r-1\",", with: ""),
            .malformed(file: "log.json", line: 2, field: "requestId")
        ),
        (
            line.replacingOccurrences(of: "2026-08-19T12:00:00Z", with: "secret"),
            .malformed(file: "log.json", line: 1, field: "timestamp")
        ),
        (
            line.replacingOccurrences(of: "\"outputTokenCount\":446", with: "\"outputTokenCount\":-1"),
            .malformed(file: "log.json", line: 1, field: "outputTokenCount")
        ),
        (
            line.replacingOccurrences(of: "\"inputTokenCount\":35", with: "\"inputTokenCount\":\"secret\""),
            .malformed(file: "log.json", line: 1, field: "inputTokenCount")
        ),
        (
            line.replacingOccurrences(of: "\"schemaVersion\":\"1.0\"", with: "\"schemaVersion\":\"2.0\""),
            .unknownVersion(file: "log.json", line: 1)
        ),
        (#"{"message": "{\"schemaType\": secret"}"#, .malformed(file: "log.json", line: 1, field: nil)),
    ]

    @Test("is refused with file and line, and never quoted", arguments: bad)
    func malformed(text: String, error: InvocationLogError) throws {
        #expect(throws: error) { try Self.read(text) }
        #expect(error.description.contains("log.json:"))
        #expect(!error.description.contains("secret"))
    }

    @Test("must be uncompressed")
    func gzip() throws {
        let error = InvocationLogError.compressed(file: "log.json")
        #expect(throws: error) { try Self.read(Data([0x1f, 0x8b, 8, 0])) }
        #expect(error.description == "log.json is compressed: gunzip it first, or pipe gunzip -c into -")
    }

    @Test("has no object without an end")
    func tooLong() throws {
        let text = "{\"a\": \"" + String(repeating: "x", count: 5 << 20)
        #expect(throws: InvocationLogError.tooLong(file: "log.json", line: 1)) { try Self.read(text) }
    }

    @Test("must be there")
    func missing() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/none.json"
        #expect(throws: InvocationLogError.unreadable(file: path, reason: "there is no such file")) {
            try InvocationLog(reading: [path])
        }
        #expect(throws: InvocationLogError.unreadable(file: folder.path, reason: "it is no readable file")) {
            try InvocationLog(reading: [folder.path])
        }
    }
}

extension InvocationLogError {
    /// The same about another file.
    fileprivate func inFile(_ file: String) -> InvocationLogError {
        switch self {
        case .unreadable(_, let reason): .unreadable(file: file, reason: reason)
        case .compressed: .compressed(file: file)
        case .malformed(_, let line, let field): .malformed(file: file, line: line, field: field)
        case .tooLong(_, let line): .tooLong(file: file, line: line)
        case .unknownVersion(_, let line): .unknownVersion(file: file, line: line)
        }
    }
}
