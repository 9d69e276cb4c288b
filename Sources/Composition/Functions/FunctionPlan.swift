import FunctionHost
import FunctionKit
import Logging
import StrictYAML

/// A function as a manifest describes it: checked and made, with nothing open yet of what it asked for.
struct FunctionPlan: Sendable {
    let registered: RegisteredFunction
    let asked: AskedParts

    var settings: FunctionSettings { registered.settings }

    /// Reads an entry of the manifest and makes its function.
    ///
    /// - Throws: ``YAMLProblem`` for a name that is not listed, for parameters or a model that the function does not ask
    ///   for, and for what its maker throws.
    init(_ entry: Manifest.Entry, among functions: FunctionList, logger: Logger) throws(YAMLProblem) {
        let name = entry.settings.name
        guard let listed = functions.entries.first(where: { $0.name == entry.function }) else {
            let hint = nearest(to: entry.function, among: functions.names).map { "did you mean `\($0)`?" }
            throw entry.value.problem(
                "there is no such function in this program; "
                    + (hint ?? "there are \(functions.names.map { "`\($0)`" }.joined(separator: ", "))"))
        }
        try Self.check(entry, listed.rules)
        let source = ManifestParts(entry)
        let made: AnyFunction
        do {
            made = try listed.make(FunctionParts(name: name, logger: logger, source: source))
        } catch let problem as YAMLProblem {
            throw problem
        } catch {
            throw entry.value.problem("it cannot be made: \(error)")
        }
        if let parameters = entry.parameters, !source.readsParameters {
            throw parameters.problem("`\(name)` takes no parameters; leave them out")
        }
        asked = source.asked
        if entry.settings.model != nil, asked.model == nil {
            throw entry.value.problem("`\(name)` asks no model; leave `model` out")
        }
        registered = RegisteredFunction(
            settings: entry.settings,
            function: entry.settings.passesOnUnknownKeys ? made.passingOnUnknownKeys : made)
    }

    /// The plans of each pipeline.
    ///
    /// - Throws: As ``init(_:among:logger:)``, and where models are asked in two regions.
    static func plans(
        _ manifest: Manifest, among functions: FunctionList, logger: Logger
    ) throws(YAMLProblem) -> [[FunctionPlan]] {
        var pipelines: [[FunctionPlan]] = []
        for pipeline in manifest.pipelines {
            var plans: [FunctionPlan] = []
            for entry in pipeline.entries { plans.append(try FunctionPlan(entry, among: functions, logger: logger)) }
            pipelines.append(plans)
        }
        try requireOneRegion(manifest)
        return pipelines
    }

    private static func check(_ entry: Manifest.Entry, _ rules: FunctionRules) throws(YAMLProblem) {
        let name = entry.settings.name
        if rules.contains(.redactsFirst), !entry.settings.redacts {
            throw entry.value.problem(
                "`\(name)` must come first, with `redacts: true`; otherwise questions are stored as they were asked")
        }
    }

    /// One client signs for one region.
    private static func requireOneRegion(_ manifest: Manifest) throws(YAMLProblem) {
        let asking = manifest.entries.filter { $0.settings.model != nil }
        guard let region = asking.first?.settings.model?.region else { return }
        for entry in asking {
            guard let other = entry.settings.model?.region, other != region else { continue }
            throw entry.value.problem(
                "another function asks its model in \(region); write `region: \(region)` here too")
        }
    }
}
