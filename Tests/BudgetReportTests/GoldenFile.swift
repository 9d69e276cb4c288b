import Foundation
import Testing

/// A file that holds what a report must look like.
///
/// With `SLUICE_RECORD=1` the file is written anew; look at what changed before it is committed.
enum GoldenFile {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    static func expect(
        _ name: String, _ written: Data, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["SLUICE_RECORD"] == "1" {
            try written.write(to: file)
            Issue.record("\(name) was recorded; run again without SLUICE_RECORD", sourceLocation: sourceLocation)
            return
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(String(decoding: written, as: UTF8.self) == expected, "\(name)", sourceLocation: sourceLocation)
    }
}
