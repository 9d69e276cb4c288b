import FunctionKit
package import StrictYAML

/// The pipelines as `functions.yaml` describes them, checked.
///
/// ```yaml
/// pipeline: consumer-rights
/// first: pii-filter
/// functions:
///   pii-filter: {next: rag-core, redacts: true, timeout: 2s}
///   rag-core: {next: llm-connector, parameters: {passages: 4}}
///   llm-connector:
///     next: psql-worker
///     model: {provider: bedrock, region: ap-south-1, id: "meta.llama3-70b-instruct-v1:0", timeout: 20s}
///     parameters: {max_tokens: 512, min_tokens: 256, temperature: 0.2, top_p: 0.9}
///   psql-worker: {}
/// ```
///
/// Several pipelines stand under `pipelines`, the one of the question door first:
///
/// ```yaml
/// pipelines:
///   consumer-rights:
///     first: pii-filter
///     functions: {...}
///   digests:
///     first: filter-digest
///     functions:
///       filter-digest: {function: pii-filter, next: summarise, redacts: true}
///       summarise: {...}
/// ```
///
/// - `next` (function, optional): takes the output; the last function has none.
/// - `function` (name, default the entry's own): which of the program's functions it is, for one that several entries are made
///   of. Queues, budgets, logs and metrics go by the entry's name, so that no two pipelines have an entry of one name.
/// - `redacts` (bool, default `false`): invoked at the door; for the first function only.
/// - `passthrough` (bool, default `false`): keys of the input that the function does not know stand in its output too; not
///   beside `redacts`.
/// - `concurrency` (1 to 1000, default 4): invocations at a time in one host.
/// - `timeout` (duration, default `10s`): of one invocation.
/// - `attempts` (1 to 20, default 4): before a message is dead-lettered.
/// - `backoff` (`{first: 1s, factor: 2, longest: 1m}`): the wait between attempts.
/// - `queue_length` (1 to 1,000,000, default 10,000): a full queue refuses.
/// - `model` (`{provider, region, id, timeout}`, optional): the model that the function asks.
/// - `parameters` (mapping, optional): what the function itself is made with.
package struct Manifest {
    /// One function of a pipeline.
    package struct Entry {
        /// How the host runs it.
        package let settings: FunctionSettings
        /// Which of the program's functions it is.
        package let function: String
        /// What the function itself is made with; its maker checks the keys.
        package let parameters: YAMLValue?
        /// For complaints about the function.
        package let value: YAMLValue
    }

    /// One way for messages.
    package struct Pipeline {
        /// Its name.
        package let name: String
        /// Its functions, in the order in which a message passes them; at least one.
        package let entries: [Entry]
    }

    /// The pipelines, in the order of the file; at least one.
    package let pipelines: [Pipeline]

    /// The functions of all pipelines.
    package var entries: [Entry] { pipelines.flatMap(\.entries) }

    /// Reads and checks a manifest.
    ///
    /// - Throws: ``YAMLProblem`` with file, line and what to write instead: for an unknown key, a bad value, a `next` or
    ///   `first` that is not there, a cycle, a function that no other leads to, a name that fits no queue, and one that stands
    ///   in two pipelines.
    package init(_ root: YAMLValue) throws(YAMLProblem) {
        guard let several = try root.mapping().optional("pipelines") else {
            let top = try root.mapping(keys: ["pipeline", "first", "functions"])
            pipelines = [try Self.pipeline(try top.required("pipeline").string(), top)]
            return
        }
        _ = try root.mapping(keys: ["pipelines"])
        let listed = try several.mapping().entries
        guard !listed.isEmpty else { throw several.problem("name at least one pipeline") }
        var pipelines: [Pipeline] = []
        var homes: [String: String] = [:]
        for item in listed {
            guard FunctionList.canName(item.key) else {
                throw YAMLProblem(
                    file: root.file, line: item.line,
                    message: "`\(item.key)` cannot name a pipeline; use a to z, 0 to 9 and hyphens")
            }
            let pipeline = try Self.pipeline(item.key, try item.value.mapping(keys: ["first", "functions"]))
            for entry in pipeline.entries {
                if let home = homes.updateValue(item.key, forKey: entry.settings.name) {
                    throw entry.value.problem(
                        "`\(entry.settings.name)` stands in the pipeline `\(home)` too; give it a name of its own here and"
                            + " write `function: \(entry.function)`")
                }
            }
            pipelines.append(pipeline)
        }
        self.pipelines = pipelines
    }

    /// Reads one pipeline.
    private static func pipeline(_ pipeline: String, _ keys: YAMLMapping) throws(YAMLProblem) -> Pipeline {
        let functions = try keys.required("functions")
        let listed = try functions.mapping().entries
        guard !listed.isEmpty else { throw functions.problem("name at least one function") }
        let names = listed.map(\.key)
        for entry in listed where !FunctionList.canName(entry.key) {
            throw YAMLProblem(
                file: functions.file, line: entry.line,
                message: "`\(entry.key)` cannot name a function; use a to z, 0 to 9 and hyphens")
        }
        let firstValue = try keys.required("first")
        let first = try reference(firstValue, among: names)

        var parsed: [String: (entry: Entry, next: YAMLValue?)] = [:]
        for entry in listed { parsed[entry.key] = try function(entry, of: pipeline, among: names, first: first) }

        var order: [Entry] = []
        var seen: Set<String> = []
        var upcoming: String? = first
        var reference = firstValue
        while let name = upcoming, let function = parsed[name] {
            guard seen.insert(name).inserted else {
                let way = (order.map(\.settings.name) + [name]).joined(separator: " -> ")
                throw reference.problem("the functions run in a circle: \(way); the last one must have no `next`")
            }
            order.append(function.entry)
            upcoming = function.entry.settings.next
            reference = function.next ?? reference
        }
        if let lost = listed.first(where: { !seen.contains($0.key) }) {
            throw YAMLProblem(
                file: functions.file, line: lost.line,
                message: "no function leads to `\(lost.key)`; name it as a `next`, or take it out")
        }
        return Pipeline(name: pipeline, entries: order)
    }

    private static func function(
        _ entry: YAMLMapping.Entry, of pipeline: String, among names: [String], first: String
    ) throws(YAMLProblem) -> (Entry, YAMLValue?) {
        let keys = try entry.value.mapping(keys: [
            "function", "next", "redacts", "passthrough", "concurrency", "timeout", "attempts", "backoff",
            "queue_length", "model",
            "parameters",
        ])
        var settings = FunctionSettings(name: entry.key, pipeline: pipeline)
        let next = keys.optional("next")
        if let next { settings.next = try reference(next, among: names) }
        if let value = keys.optional("redacts") {
            settings.redacts = try value.bool()
            if settings.redacts, entry.key != first {
                throw value.problem("only the first function, `\(first)`, is invoked at the door")
            }
            if settings.redacts, next == nil { throw value.problem("a function that redacts needs a `next`") }
        }
        if let value = keys.optional("concurrency") { settings.concurrency = try value.int(in: 1...1000) }
        if let value = keys.optional("passthrough") {
            settings.passesOnUnknownKeys = try value.bool()
            if settings.passesOnUnknownKeys, settings.redacts {
                throw value.problem(
                    "a function that redacts passes on nothing that it does not know; leave one of them out")
            }
        }
        // Below RabbitMQ's consumer timeout of 30 minutes, after which it takes a delivery away.
        if let value = keys.optional("timeout") {
            settings.timeout = try value.duration(in: .milliseconds(10) ... .seconds(25 * 60))
        }
        if let value = keys.optional("attempts") { settings.attemptsMax = try value.int(in: 1...20) }
        if let value = keys.optional("backoff") { settings.backoff = try backoff(value) }
        if let value = keys.optional("queue_length") { settings.queueLengthMax = try value.int(in: 1...1_000_000) }
        if let value = keys.optional("model") { settings.model = try model(value) }
        let function = try keys.optional("function")?.string() ?? entry.key
        let read = Entry(
            settings: settings, function: function, parameters: keys.optional("parameters"), value: entry.value)
        return (read, next)
    }

    private static func reference(_ value: YAMLValue, among names: [String]) throws(YAMLProblem) -> String {
        let name = try value.string()
        guard names.contains(name) else {
            let hint = nearest(to: name, among: names).map { "did you mean `\($0)`?" }
            throw value.problem("there is no function `\(name)`; \(hint ?? "add it under `functions`")")
        }
        return name
    }

    private static func backoff(_ value: YAMLValue) throws(YAMLProblem) -> Backoff {
        let keys = try value.mapping(keys: ["first", "factor", "longest"])
        let allowed: ClosedRange<Duration> = .milliseconds(10) ... .seconds(24 * 3600)
        let first = try keys.required("first").duration(in: allowed)
        return Backoff(
            first: first, factor: try keys.optional("factor")?.double(in: 1...10) ?? 2,
            longest: try keys.optional("longest")?.duration(in: first ... .seconds(24 * 3600))
                ?? max(first, .seconds(60)))
    }

    private static func model(_ value: YAMLValue) throws(YAMLProblem) -> ModelSettings {
        let keys = try value.mapping(keys: ["provider", "region", "id", "timeout"])
        return ModelSettings(
            provider: try keys.required("provider").word(of: ["bedrock"]), region: try keys.required("region").string(),
            id: try keys.required("id").string(),
            timeout: try keys.optional("timeout")?.duration(in: .seconds(1) ... .seconds(20 * 60)) ?? .seconds(30))
    }
}
