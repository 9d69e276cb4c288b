import ArgumentParser
import Foundation

/// `sluice new`: a package with a function of one's own, which builds and passes its test.
struct NewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Writes a package with a function of your own.",
        discussion: """
            EXAMPLES
              sluice new demo
              cd demo && script/test
              .build/debug/demo invoke shout --payload @events/shout.json
              .build/debug/demo send demo --payload @events/shout.json

            The package has a function, a manifest, a sample event, a test and a README, and depends
            on the checkout of Sluice in which this program was built, or on what --sluice names.
            """)

    @Argument(help: ArgumentHelp("The package's folder; its last part is the package's name.", valueName: "path"))
    var path: String

    @Option(help: ArgumentHelp("A checkout of Sluice, or its repository's URL.", valueName: "path or URL"))
    var sluice: String?

    func run() throws {
        let folder = URL(filePath: path)
        let package = NewPackage(name: try Self.name(folder.lastPathComponent), sluice: try dependency())
        let files = FileManager.default
        if files.fileExists(atPath: folder.path) {
            guard let entries = try? files.contentsOfDirectory(atPath: folder.path), entries.isEmpty else {
                throw CommandFailure.failed("\(path) is there already; name a folder that is not, or an empty one")
            }
        }
        do {
            for file in package.files {
                let target = folder.appending(path: file.path)
                try files.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(file.text.utf8).write(to: target)
                if file.isExecutable {
                    try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: target.path)
                }
            }
        } catch {
            throw CommandFailure.failed("\(path) cannot be written: \(error.localizedDescription)")
        }
        for file in package.files { CommandOutput.data("\(path)/\(file.path)\n") }
        CommandOutput.message("sluice: build and test it with `cd \(path.shellWord) && script/test`")
    }

    /// A name that is a module's as well, and no other module's.
    private static func name(_ text: String) throws -> String {
        let isName =
            text.utf8.first.map { (0x61...0x7a).contains($0) } == true
            && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) }
        guard isName else {
            throw CommandFailure.wrongArguments(
                "`\(text)` cannot name a package; use a to z and 0 to 9, with a letter first")
        }
        guard !["sluice", "swift", "testing", "foundation", "logging"].contains(text) else {
            throw CommandFailure.wrongArguments(
                "`\(text)` is the name of a module that the package uses; choose another")
        }
        return text
    }

    private func dependency() throws -> NewPackage.Dependency {
        if let sluice, sluice.contains("://") || sluice.hasPrefix("git@") { return .repository(url: sluice) }
        if let sluice {
            let current = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
            let folder = URL(filePath: sluice, relativeTo: current).standardizedFileURL.path
            guard Self.isCheckout(folder) else {
                throw CommandFailure.wrongArguments(
                    "\(sluice) is no checkout of Sluice; name one, or its repository's URL")
            }
            return .checkout(path: folder)
        }
        var path = ((try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "")[...]
        while let slash = path.lastIndex(of: "/") {
            path = path[..<slash]
            if Self.isCheckout(String(path)) { return .checkout(path: String(path)) }
        }
        throw CommandFailure.failed(
            "this program does not lie in a checkout of Sluice; name one, or its repository's URL, with --sluice")
    }

    private static func isCheckout(_ folder: String) -> Bool {
        ["Package.swift", "Sources/Sluice/SluiceProgram.swift"].allSatisfy {
            FileManager.default.fileExists(atPath: "\(folder)/\($0)")
        }
    }
}
