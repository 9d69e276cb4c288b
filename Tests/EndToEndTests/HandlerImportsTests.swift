import Foundation
import TestSupport
import Testing

/// Handlers live on the contract alone: this stops mistakes, not malice.
@Suite("what handlers may use")
struct HandlerImportsTests {
    private static let allowed: Set = ["Answers", "FunctionKit", "FoundationEssentials", "Logging"]
    private static let folders = ["pii-filter", "rag-core", "llm-connector", "psql-worker"]

    @Test("their imports are on the allow list", arguments: folders)
    func imports(folder: String) throws {
        let root = URL(filePath: SluiceProcess.repository + "/functions/\(folder)")
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
            .allObjects.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
        #expect(!files.isEmpty)
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            let modules = text.matches(
                of:
                    /(?m)^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:\w+\s+)?import\s+(?:(?:struct|class|enum|protocol|func|let|var|typealias)\s+)?(\w+)/
            )
            .map { String($0.1) }
            #expect(Set(modules).isSubset(of: Self.allowed), "\(file.lastPathComponent): \(modules)")
        }
    }

    @Test("their targets depend on the contract, the logger and what they hand each other alone")
    func dependencies() async throws {
        struct Package: Decodable {
            struct Target: Decodable {
                let name: String
                let path: String?
                let dependencies: [[String: [Value?]]]
            }
            enum Value: Decodable {
                case text(String), other

                init(from decoder: any Decoder) throws {
                    let text = try? decoder.singleValueContainer().decode(String.self)
                    self = text.map(Value.text) ?? .other
                }
            }
            let targets: [Target]
        }
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
        let package = try JSONDecoder().decode(Package.self, from: Data(text.utf8))
        for path in Self.folders {
            let target = try #require(package.targets.first { $0.path == "functions/\(path)" }, "\(path)")
            let names = target.dependencies.flatMap(\.values).compactMap { values -> String? in
                if case .text(let name) = values.first ?? nil { name } else { nil }
            }
            // What two of them hand each other is the application's own, and rests on the contract alone.
            #expect(Set(names).isSubset(of: ["Answers", "FunctionKit", "Logging"]), "\(path): \(names)")
        }
    }
}
