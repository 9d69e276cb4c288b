import Foundation
import FunctionHost
import StrictYAML
import TestSupport
import Testing

@Suite("The manifest")
struct ManifestTests {
    static let head = "pipeline: p\nfirst: a\nfunctions:\n"

    static let broken: [(text: String, complaint: String)] = [
        ("  a: {timeuot: 2s}", "f.yaml:4: unknown key `functions.a.timeuot`; did you mean `timeout`?"),
        (
            "  a: {timeout: 2 s}",
            "f.yaml:4: `functions.a.timeout`: write a duration from 10ms to 1500s, such as `500ms`, `30s` or `5m`"
        ),
        ("  a: {attempts: 0}", "f.yaml:4: `functions.a.attempts`: write a whole number from 1 to 20"),
        ("  a: {concurrency: many}", "f.yaml:4: `functions.a.concurrency`: write a whole number from 1 to 1000"),
        ("  a: {redacts: yes}", "f.yaml:4: `functions.a.redacts`: `yes` is not known; write `true`, `false`"),
        (
            "  a: {next: b}\n  b: {next: a}",
            "f.yaml:5: `functions.b.next`: the functions run in a circle: a -> b -> a; the last one must have no `next`"
        ),
        (
            "  a: {next: worker}\n  work: {}",
            "f.yaml:4: `functions.a.next`: there is no function `worker`; did you mean `work`?"
        ),
        (
            "  a: {next: elsewhere}",
            "f.yaml:4: `functions.a.next`: there is no function `elsewhere`; add it under `functions`"
        ),
        ("  a: {}\n  b: {}", "f.yaml:5: no function leads to `b`; name it as a `next`, or take it out"),
        (
            "  a: {next: b}\n  b: {redacts: true}",
            "f.yaml:5: `functions.b.redacts`: only the first function, `a`, is invoked at the door"
        ),
        ("  a: {redacts: true}", "f.yaml:4: `functions.a.redacts`: a function that redacts needs a `next`"),
        (
            "  a: {next: b, redacts: true, passthrough: true}\n  b: {}",
            "f.yaml:4: `functions.a.passthrough`: a function that redacts passes on nothing that it does not know; leave one"
                + " of them out"
        ),
        (
            "  a: {}\n  a.dead: {}",
            "f.yaml:5: `a.dead` cannot name a function; use a to z, 0 to 9 and hyphens"
        ),
    ]

    @Test("each mistake is named with its file, its line and what to write", arguments: broken)
    func mistakes(text: String, complaint: String) {
        let problem = #expect(throws: YAMLProblem.self) {
            _ = try Manifest(try YAMLValue.parse(Self.head + text, file: "f.yaml"))
        }
        #expect(problem?.description == complaint)
    }

    @Test("a key that stands twice is named with its line")
    func duplicateKey() throws {
        let problem = #expect(throws: YAMLProblem.self) {
            _ = try YAMLValue.parse(Self.head + "  a: {}\n  a: {}", file: "f.yaml")
        }
        #expect(problem?.message == "`a` stands more than once; keep one")
        #expect(problem?.line != nil)
    }

    @Test("an empty file, and one that is not UTF-8, are named")
    func noText() throws {
        let empty = #expect(throws: YAMLProblem.self) { _ = try YAMLValue.parse("", file: "f.yaml") }
        #expect(empty?.description == "f.yaml: the file is empty")
        let temporary = try TemporaryFolder()
        let folder = temporary.path
        let file = "\(folder)/f.yaml"
        try Data([0x61, 0x3A, 0x20, 0xFF]).write(to: URL(filePath: file))
        let problem = #expect(throws: YAMLProblem.self) { _ = try YAMLValue.load(file: file) }
        #expect(problem?.description == "\(file): the file is not valid UTF-8")
    }

    @Test("a good file gives all settings, in the order in which a question passes")
    func good() throws {
        let text = """
            pipeline: p
            first: a
            functions:
              b: {}
              a:
                next: b
                redacts: true
                concurrency: 7
                timeout: 250ms
                attempts: 9
                backoff: {first: 2s, factor: 3, longest: 5m}
                queue_length: 12
                model: {provider: bedrock, region: ap-south-1, id: m, timeout: 20s}
            """
        let manifest = try Manifest(try YAMLValue.parse(text, file: "f.yaml"))
        #expect(manifest.pipelines.map(\.name) == ["p"])
        let expected = FunctionSettings(
            name: "a", pipeline: "p", next: "b", redacts: true, concurrency: 7, timeout: .milliseconds(250),
            attemptsMax: 9,
            backoff: Backoff(first: .seconds(2), factor: 3, longest: .seconds(300)), queueLengthMax: 12,
            model: ModelSettings(provider: "bedrock", region: "ap-south-1", id: "m", timeout: .seconds(20)))
        #expect(manifest.entries.map(\.settings) == [expected, FunctionSettings(name: "b", pipeline: "p")])
    }

    private static let several = """
        pipelines:
          answers:
            first: a
            functions:
              a: {next: b, redacts: true}
              b: {}
          shouts:
            first: c
            functions:
              c: {function: a, next: d}
              d: {}

        """

    @Test("several pipelines stand in one file, and two of their entries may be made of one function")
    func pipelines() throws {
        let manifest = try Manifest(try YAMLValue.parse(Self.several, file: "f.yaml"))
        #expect(manifest.pipelines.map(\.name) == ["answers", "shouts"])
        #expect(manifest.pipelines.map { $0.entries.map(\.settings.name) } == [["a", "b"], ["c", "d"]])
        #expect(manifest.entries.map(\.function) == ["a", "b", "a", "d"])
        #expect(manifest.entries.map(\.settings.pipeline) == ["answers", "answers", "shouts", "shouts"])
    }

    @Test(
        "what is wrong between several pipelines is named with its line",
        arguments: [
            (
                ("c: {function: a, next: d}\n      d", "c: {next: a}\n      a"),
                "f.yaml:11: `pipelines.shouts.functions.a`: `a` stands in the pipeline `answers` too; give it a name of its"
                    + " own here and write `function: a`"
            ),
            (("shouts", "Shouts"), "f.yaml:7: `Shouts` cannot name a pipeline; use a to z, 0 to 9 and hyphens"),
            (("pipelines:", "pipeline: p\npipelines:"), "f.yaml:1: unknown key `pipeline`; did you mean `pipelines`?"),
            (
                ("next: d}", "next: b}"),
                "f.yaml:10: `pipelines.shouts.functions.c.next`: there is no function `b`; did you mean `c`?"
            ),
        ])
    func betweenPipelines(change: (String, String), complaint: String) {
        let problem = #expect(throws: YAMLProblem.self) {
            _ = try Manifest(
                try YAMLValue.parse(Self.several.replacing(change.0, with: change.1), file: "f.yaml"))
        }
        #expect(problem?.description == complaint)
    }

    @Test("the repository's own manifest is good")
    func own() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let manifest = try Manifest(try YAMLValue.load(file: root.appending(path: "functions/functions.yaml").path))
        #expect(
            manifest.entries.map(\.settings.name) == ["pii-filter", "rag-core", "llm-connector", "psql-worker"])
        #expect(manifest.entries.map(\.settings.redacts) == [true, false, false, false])
    }
}
