import Foundation
import TestSupport
import Testing

/// Builds a small package's program of what the checkout's own build has made, so that nothing of Sluice is built twice.
///
/// SwiftPM would build all of it again for another package, which takes minutes. What it does for the program of
/// `Tests/OwnFunctions` stands in its build file; this is the same for other sources.
struct SharedBuild {
    private static let sample = "OwnFunctions"

    private let compiler: [String]
    private let linker: [String]
    private let objects: [Substring]

    init() throws {
        let text = try String(contentsOfFile: SluiceProcess.repository + "/.build/debug.yaml", encoding: .utf8)
        compiler = try Self.arguments(of: "module", in: text)
        linker = try Self.arguments(of: "exe", in: text)
        let list = try #require(linker.first { $0.hasPrefix("@") }).dropFirst()
        objects = try String(contentsOfFile: String(list), encoding: .utf8).split(separator: "\n")
            .filter { !$0.contains("/\(Self.sample).build/") }
    }

    /// Makes `.build/debug/NAME` of `Sources/NAME`.
    func build(_ name: String, in package: URL) async throws {
        let program = package.appending(path: ".build/debug/\(name)")
        try FileManager.default.createDirectory(
            at: program.deletingLastPathComponent(), withIntermediateDirectories: true)
        let list = package.appending(path: ".build/objects")
        try Data(objects.joined(separator: "\n").utf8).write(to: list)
        let folder = package.appending(path: "Sources/\(name)").path
        let sources = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
        let arguments =
            ["swiftc", "-parse-as-library", "-module-name", name, "-swift-version", "6"] + searchPaths
            + sources.map { "\(folder)/\($0)" } + ["@\(list.path)"]
            + linker.filter { $0.hasPrefix("-l") || $0.hasPrefix("-L/") } + ["-o", program.path]
        let ending = try await SluiceProcess.run(
            arguments, in: package, executable: "/usr/bin/env", hasData: false)
        try #require(ending.status == 0, "\(ending.output)\(ending.errors)")
    }

    /// Where modules are found.
    private var searchPaths: [String] {
        compiler.indices.flatMap { index -> ArraySlice<String> in
            switch compiler[index] {
            case "-Xcc": compiler[index...(index + 1)]
            // That of a -Xcc is taken with it.
            case "-I" where compiler[index - 1] != "-Xcc": compiler[index...(index + 1)]
            case let path where path.hasPrefix("-I/"): [path]
            default: []
            }
        }
    }

    /// A command of SwiftPM's build file, which has it as a JSON array.
    private static func arguments(of kind: String, in text: String) throws -> [String] {
        let command = try #require(text.range(of: #""C\.\#(sample)-[^"]*\.\#(kind)":"#, options: .regularExpression))
        let line = try #require(
            text.range(of: "args: .*", options: .regularExpression, range: command.upperBound..<text.endIndex))
        return try JSONDecoder().decode([String].self, from: Data(text[line].dropFirst(6).utf8))
    }
}
