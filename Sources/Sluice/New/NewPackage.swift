/// The files of a package that somebody begins with.
struct NewPackage {
    /// Where it gets Sluice from.
    enum Dependency {
        case checkout(path: String)
        case repository(url: String)

        /// The manifest's line.
        fileprivate var line: String {
            switch self {
            case .checkout(let path): ".package(name: \"sluice\", path: \(path.debugDescription))"
            case .repository(let url): ".package(url: \(url.debugDescription), branch: \"main\")"
            }
        }

        /// What SwiftPM calls it.
        fileprivate var identity: String {
            switch self {
            case .checkout: "sluice"
            case .repository(let url):
                String((url.split(separator: "/").last ?? "sluice").split(separator: ".").first ?? "sluice")
                    .lowercased()
            }
        }
    }

    struct File {
        let path: String
        let text: String
        var isExecutable = false
    }

    let name: String
    let sluice: Dependency

    /// All of them; a further function is one more file, a line in the program and one in the manifest.
    var files: [File] {
        [
            File(path: "Package.swift", text: manifest), File(path: "Sources/\(name)/Program.swift", text: program),
            File(path: "Sources/\(name)/Shout.swift", text: function),
            File(path: "Tests/\(name)Tests/ShoutTests.swift", text: test),
            File(path: "functions/functions.yaml", text: pipeline),
            File(path: "events/shout.json", text: "{\"text\": \"hello\"}\n"),
            File(path: "script/test", text: script, isExecutable: true), File(path: "README.md", text: readme),
            File(path: ".gitignore", text: ".build/\n.sluice/\n"),
        ]
    }

    private var manifest: String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "\(name)",
            platforms: [.macOS(.v15)],
            dependencies: [\(sluice.line)],
            targets: [
                .executableTarget(
                    name: "\(name)",
                    dependencies: [
                        .product(name: "FunctionKit", package: "\(sluice.identity)"),
                        .product(name: "Sluice", package: "\(sluice.identity)"),
                    ]),
                .testTarget(
                    name: "\(name)Tests",
                    dependencies: ["\(name)", .product(name: "FunctionTesting", package: "\(sluice.identity)")]),
            ]
        )

        """
    }

    private var program: String {
        """
        import FunctionKit
        import Sluice

        @main struct Program {
            static func main() async {
                await SluiceProgram.run { functions in
                    functions.add("shout") { _ in Shout() }
                }
            }
        }

        """
    }

    private var function: String {
        """
        import FunctionKit

        struct Shout: Function {
            struct Input: Decodable, Sendable { let text: String }
            struct Output: Encodable, Sendable { let text: String }

            func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
                guard !input.text.isEmpty else { throw FunctionError.permanent("the text is empty") }
                return Output(text: input.text.uppercased())
            }
        }

        """
    }

    private var test: String {
        """
        import FunctionTesting
        import Testing

        @testable import \(name)

        @Test func shouts() async {
            await withFunction(Shout()) { shout in
                let hello = await shout.invoke(#"{"text": "hello"}"#)
                #expect(hello.json == #"{"text":"HELLO"}"#)
                let empty = await shout.invoke(#"{"text": ""}"#)
                #expect(empty.code == "permanent")
            }
        }

        """
    }

    private var pipeline: String {
        """
        pipeline: \(name)
        first: shout
        functions:
          shout: {concurrency: 8}

        """
    }

    private var script: String {
        """
        #!/usr/bin/env bash
        # Builds the program and runs its tests.
        set -euo pipefail
        cd "$(dirname "$0")/.."
        swift build "$@"
        swift test "$@"

        """
    }

    private var readme: String {
        """
        # \(name)

        Functions behind a queue, under a spending limit, with Sluice.

        ```text
        $ script/test
        $ .build/debug/\(name) invoke shout --payload @events/shout.json
        {"text":"HELLO"}
        $ .build/debug/\(name) send \(name) --payload @events/shout.json
        {"text":"HELLO"}
        $ .build/debug/\(name) emulate
        $ aws lambda invoke --endpoint-url http://127.0.0.1:9000 --function-name shout \\
            --payload '{"text": "hello"}' out.json
        ```

        `invoke` runs one function alone, `send` takes a message through the queues of the whole pipeline.

        A further function is one more file in `Sources/\(name)`, a line in `Program.swift` and one in
        `functions/functions.yaml`. `\(name) --help` shows what else the program can do.

        """
    }
}
