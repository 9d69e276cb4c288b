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
        let package = try await PackageDescription.read()
        for path in Self.folders {
            let target = try #require(package.targets.first { $0.path == "functions/\(path)" }, "\(path)")
            // What two of them hand each other is the application's own, and rests on the contract alone.
            #expect(
                target.names.isSubset(of: ["Answers", "FunctionKit", "Logging"]), "\(path): \(target.names)")
        }
    }

    @Test("a host's targets know neither the emulator nor its stand-ins, and RabbitMQ is known where it is chosen")
    func arrows() async throws {
        let package = try await PackageDescription.read()
        let shipped = package.targets.filter {
            $0.path.map { !$0.hasPrefix("Tests/") && !$0.hasPrefix("Benchmarks/") } ?? ($0.type != "test")
        }
        func users(of name: String) -> Set<String> { Set(shipped.filter { $0.names.contains(name) }.map(\.name)) }
        #expect(users(of: "Emulator") == ["Sluice"])
        #expect(users(of: "BedrockStandIn") == ["Emulator"])
        #expect(users(of: "ECSStandIn") == [])
        #expect(users(of: "RabbitMQ") == ["Composition"])
        #expect(users(of: "Operations") == ["Sluice"])
        #expect(users(of: "HostProcess") == ["Emulator", "Operations", "Sluice"])
    }
}
