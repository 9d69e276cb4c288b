import Foundation
import TestSupport
import Testing

/// What a package manifest says of its targets.
struct PackageDescription: Decodable {
    struct Target: Decodable {
        let name: String
        let type: String
        let path: String?
        private let dependencies: [[String: [Value?]]]

        /// The names of what it depends on.
        var names: Set<String> {
            Set(
                dependencies.flatMap(\.values).compactMap { values in
                    if case .text(let name) = values.first ?? nil { name } else { nil }
                })
        }
    }

    private enum Value: Decodable {
        case text(String), other

        init(from decoder: any Decoder) throws {
            let text = try? decoder.singleValueContainer().decode(String.self)
            self = text.map(Value.text) ?? .other
        }
    }

    let targets: [Target]

    /// Reads the repository's own.
    static func read() async throws -> PackageDescription {
        let folder = try TemporaryFolder()
        let process = try SluiceProcess(
            [
                "swift", "package", "--package-path", SluiceProcess.repository, "--scratch-path",
                folder.url.path + "/scratch", "dump-package",
            ],
            in: folder.url, executable: "/usr/bin/env")
        var text = ""
        for await line in process.lines { text += line + "\n" }
        try #require(await process.status() == 0, "\(process.errors)")
        return try JSONDecoder().decode(PackageDescription.self, from: Data(text.utf8))
    }
}
