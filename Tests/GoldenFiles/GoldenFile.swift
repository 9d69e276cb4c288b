package import Foundation
package import Testing

/// A file that an output must equal, byte for byte.
///
/// After a change that is meant, `SLUICE_RECORD_GOLDEN=1 swift test` writes them anew; look at the difference.
package enum GoldenFile {
    /// Compares an output with the file of a name in `Golden` beside the test; where it differs, records the first line.
    package static func expect(
        _ output: Data, equals name: String, besides test: String = #filePath,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = URL(filePath: test).deletingLastPathComponent().appending(path: "Golden/\(name)")
        if ProcessInfo.processInfo.environment["SLUICE_RECORD_GOLDEN"] != nil {
            try output.write(to: file)
            Issue.record("\(name) was written; run again without SLUICE_RECORD_GOLDEN", sourceLocation: sourceLocation)
        }
        let golden = try Data(contentsOf: file)
        guard output != golden else { return }
        let (lines, expected) = (
            String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false),
            String(decoding: golden, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        )
        let first = zip(lines, expected).enumerated().first { $0.element.0 != $0.element.1 }
        Issue.record(
            "\(name) differs from line \((first?.offset ?? min(lines.count, expected.count)) + 1): \(first?.element.0 ?? "")",
            sourceLocation: sourceLocation)
    }
}
