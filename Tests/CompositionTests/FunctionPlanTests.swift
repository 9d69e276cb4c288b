import FoundationEssentials
import FunctionHost
import FunctionKit
import FunctionTesting
import Logging
import Spending
import StrictYAML
import Testing

@testable import Composition

private struct Echo: Function {
    struct Text: Codable, Sendable { var text: String }

    var times = 1

    @concurrent func invoke(_ input: Text, context: InvocationContext) async throws -> Text {
        Text(text: String(repeating: input.text, count: times))
    }
}

@Suite("The functions of a manifest")
struct FunctionPlanTests {
    struct Times: Decodable {
        var times: Int

        private enum CodingKeys: CodingKey { case times }

        init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: CodingKeys.self)
            times = try keys.decode(Int.self, in: 1...3, forKey: .times) ?? 2
        }
    }

    struct TooLate: Error, CustomStringConvertible { let description = "it is too late" }

    /// Functions that no manifest of the product has.
    static let functions = FunctionList { functions in
        functions.add("blur", rules: .redactsFirst) { _ in Echo() }
        functions.add("echo") { parts in Echo(times: try parts.parameters(Times.self).times) }
        functions.add("look") { parts in
            _ = try parts.index
            return Echo()
        }
        functions.add("think") { parts in
            _ = try (parts.model, parts.model(largestCall: ModelCallSize(promptBytes: 100, outputTokens: 5)))
            return Echo()
        }
        functions.add("late") { _ -> Echo in throw TooLate() }
        functions.add("keep") { _ in Echo() }
    }

    static let model = "model: {provider: bedrock, region: ap-south-1, id: m, timeout: 7s}"

    private func plans(_ lines: String, first: String) throws -> [FunctionPlan] {
        let text = "pipeline: p\nfirst: \(first)\nfunctions:\n\(lines)"
        return try FunctionPlan.plans(
            Manifest(YAMLValue.parse(text, file: "m.yaml")), among: Self.functions, logger: Logger(label: "test")
        ).flatMap(\.self)
    }

    @Test("Each has asked for what its maker asked for, and for nothing else")
    func asked() throws {
        let plans = try plans(
            "  echo: {next: look}\n  look: {next: think}\n  think: {next: keep, \(Self.model)}\n  keep: {}\n",
            first: "echo")
        #expect(plans.map(\.settings.name) == ["echo", "look", "think", "keep"])
        #expect(plans.map { $0.asked.model != nil } == [false, false, true, false])
        #expect(plans.map { $0.asked.index != nil } == [false, true, false, false])
        let model = try #require(plans[2].asked.model)
        #expect(model.id.region == "ap-south-1")
        #expect(model.callTimeout == .seconds(7))
        #expect(model.largestCalls == [ModelCallSize(promptBytes: 100, outputTokens: 5)])
        let calls = ConfiguredCalls(plans)
        #expect(calls.models.map(\.function) == ["think"])
        #expect(calls.largest.map(\.inputBytes) == [100])
    }

    @Test("Parameters come from the manifest, or from nothing where it has none")
    func parameters() async throws {
        for (written, output) in [("{next: keep, parameters: {times: 3}}", "aaa"), ("{next: keep}", "aa")] {
            let plans = try plans("  echo: \(written)\n  keep: {}\n", first: "echo")
            let given = try await plans[0].registered.function.invoke(Data(#"{"text":"a"}"#.utf8), context: .testing())
            #expect(String(decoding: given, as: UTF8.self) == #"{"text":"\#(output)"}"#)
        }
    }

    @Test("A function passes on what it does not know where the manifest says so, and only there")
    func passthrough() async throws {
        let input = Data(#"{"text":"a","rest":1.50}"#.utf8)
        for (written, output) in [
            ("{next: keep, passthrough: true}", #"{"rest":1.50,"text":"aa"}"#), ("{next: keep}", #"{"text":"aa"}"#),
        ] {
            let plans = try plans("  echo: \(written)\n  keep: {}\n", first: "echo")
            let given = try await plans[0].registered.function.invoke(input, context: .testing())
            #expect(String(decoding: given, as: UTF8.self) == output)
        }
    }

    static let broken: [(first: String, lines: String, complaint: String)] = [
        (
            "ecko", "  ecko: {next: keep}\n  keep: {}\n",
            "m.yaml:4: `functions.ecko`: there is no such function in this program; did you mean `echo`?"
        ),
        (
            "zzzzzzzz", "  zzzzzzzz: {next: keep}\n  keep: {}\n",
            "m.yaml:4: `functions.zzzzzzzz`: there is no such function in this program; there are `blur`, `echo`, `look`,"
                + " `think`, `late`, `keep`"
        ),
        (
            "echo", "  echo: {next: keep, parameters: {tmies: 3}}\n  keep: {}\n",
            "m.yaml:4: unknown key `functions.echo.parameters.tmies`; did you mean `times`?"
        ),
        (
            "echo", "  echo: {next: keep, parameters: {times: 4}}\n  keep: {}\n",
            "m.yaml:4: `functions.echo.parameters.times`: write a whole number from 1 to 3"
        ),
        (
            "look", "  look: {next: keep, parameters: {times: 4}}\n  keep: {}\n",
            "m.yaml:4: `functions.look.parameters`: `look` takes no parameters; leave them out"
        ),
        (
            "look", "  look: {next: keep, \(model)}\n  keep: {}\n",
            "m.yaml:4: `functions.look`: `look` asks no model; leave `model` out"
        ),
        (
            "think", "  think: {next: keep}\n  keep: {}\n",
            "m.yaml:4: `functions.think`: the key `model` is missing: name provider, region and id"
        ),
        (
            "blur", "  blur: {next: keep}\n  keep: {}\n",
            "m.yaml:4: `functions.blur`: `blur` must come first, with `redacts: true`; otherwise questions are stored as"
                + " they were asked"
        ),
        (
            "late", "  late: {next: keep}\n  keep: {}\n",
            "m.yaml:4: `functions.late`: it cannot be made: it is too late"
        ),
    ]

    @Test("What is wrong is named with its line, whatever the functions are called", arguments: broken)
    func mistakes(first: String, lines: String, complaint: String) {
        let problem = #expect(throws: YAMLProblem.self) { _ = try plans(lines, first: first) }
        #expect(problem?.description == complaint)
    }

    @Test("A list with one name twice, or with one that fits no queue, cannot be used")
    func list() {
        #expect(Self.functions.problem == nil)
        let twice = FunctionList { functions in
            for _ in 1...2 { functions.add("a") { _ in Echo() } }
        }
        #expect(twice.problem == "two functions of this program are named `a`; give one of them another name")
        let dotted = FunctionList { $0.add("a.b") { _ in Echo() } }
        #expect(dotted.problem == "`a.b` cannot name a function; use a to z, 0 to 9 and hyphens")
    }
}
