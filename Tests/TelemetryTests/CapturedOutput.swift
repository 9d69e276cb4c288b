import Foundation
import Telemetry
import TestSupport

/// An output whose lines a test reads.
struct CapturedOutput {
    private let folder: TemporaryFolder
    private let handle: FileHandle
    let output: LineOutput

    init() throws {
        folder = try TemporaryFolder()
        let file = folder.url.appending(path: "lines")
        try Data().write(to: file)
        handle = try FileHandle(forWritingTo: file)
        output = LineOutput(descriptor: handle.fileDescriptor)
    }

    /// All that was written, split where a reader of lines splits it.
    var lines: [String] {
        get throws {
            output.flush(within: .seconds(10))
            let text = try String(contentsOf: folder.url.appending(path: "lines"), encoding: .utf8)
            // By bytes: a line break may be half of a character.
            return text.utf8.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
