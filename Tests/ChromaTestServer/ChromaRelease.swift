import Foundation

/// The releases of Chroma that `script/test` installs.
package enum ChromaRelease: String, Sendable, CaseIterable {
    /// Python; speaks both APIs.
    case old = "0.5.23"
    /// The newest of PyPI when it was installed; speaks the newer API alone.
    case newest

    /// The program.
    ///
    /// - Throws: ``ChromaMissing``.
    func program() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let path = "\(root)/.build-chroma-\(rawValue)/bin/chroma"
        guard FileManager.default.isExecutableFile(atPath: path) else { throw ChromaMissing() }
        return path
    }
}

/// Chroma is not installed.
package struct ChromaMissing: Error, CustomStringConvertible {
    /// What to do.
    package let description = "Chroma is not installed: run script/test"
}

/// Chroma did not start.
package struct ChromaNotStarted: Error, CustomStringConvertible {
    /// The end of what it said.
    package let log: String
    /// The end of what it said.
    package var description: String { "Chroma did not start: \(log)" }
}
