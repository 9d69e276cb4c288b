import CivilTime
import Foundation
import FunctionKit
package import StrictYAML

extension Budget {
    /// Reads all `*.yaml` files that lie in a folder itself, such as `budgets`, in the order of their names.
    ///
    /// - Throws: ``YAMLProblem`` with file and line where a file is no list of budgets, a name stands twice, or the
    ///   folder holds no file.
    package static func load(folder: String) throws(YAMLProblem) -> [Budget] {
        try read(files: yamlFiles(in: folder, holding: "budget"))
    }

    /// Reads a file of budgets, or a folder of such files.
    ///
    /// - Throws: As ``load(folder:)``.
    package static func read(_ path: String) throws(YAMLProblem) -> [Budget] {
        var isFolder = ObjCBool(false)
        let isThere = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return isThere && !isFolder.boolValue ? try read(files: [path]) : try load(folder: path)
    }

    private static func read(files: [String]) throws(YAMLProblem) -> [Budget] {
        var budgets: [Budget] = []
        for file in files {
            let value = try YAMLValue.load(file: file)
            let entries = try value.mapping(keys: ["budgets"]).required("budgets").list()
            guard !entries.isEmpty else { throw value.problem("`budgets` is empty; list at least one budget") }
            for entry in entries {
                let budget = try BudgetFile.budget(entry)
                guard !budgets.contains(where: { $0.name == budget.name }) else {
                    throw entry.problem("another budget is named `\(budget.name)`; choose another name")
                }
                budgets.append(budget)
            }
        }
        return budgets
    }
}

/// Reads one budget.
private enum BudgetFile {
    static func budget(_ value: YAMLValue) throws(YAMLProblem) -> Budget {
        let entry = try value.mapping(keys: [
            "name", "limit", "period", "timezone", "turns_at", "scope", "tenant_share_percent",
            "alerts_percent", "exhausted",
        ])
        let length = try entry.required("period").word(of: PeriodRule.Length.allCases.map(\.rawValue))
        let scope = try entry.optional("scope").map(scope) ?? BudgetScope()
        return Budget(
            name: try name(entry.required("name")),
            limit: try limit(entry.required("limit")),
            rule: PeriodRule(
                // `word` gave one of the raw values.
                length: PeriodRule.Length(rawValue: length) ?? .day,
                timeZone: try zone(entry.required("timezone")),
                turnsAtMinute: try entry.optional("turns_at").map(minute) ?? 0),
            scope: scope,
            tenantSharePercent: try share(entry.optional("tenant_share_percent"), in: scope),
            alertsPercent: try entry.optional("alerts_percent").map(percentages) ?? [],
            exhausted: try policy(entry.required("exhausted")))
    }

    private static func name(_ value: YAMLValue) throws(YAMLProblem) -> String {
        let name = try value.string()
        let known = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard known, name.utf8.count <= 64 else {
            throw value.problem("write up to 64 letters, digits, `-`, `_` and `.`")
        }
        return name
    }

    private static func limit(_ value: YAMLValue) throws(YAMLProblem) -> Money {
        guard let limit = Money(try value.string()), limit > .zero else {
            throw value.problem(
                "write US dollars above zero as a decimal string with at most nine decimals, such as \"0.50\"")
        }
        return limit
    }

    private static func zone(_ value: YAMLValue) throws(YAMLProblem) -> TimeZone {
        let identifier = try value.string()
        if let zone = IANATimeZone.named(identifier) { return zone }
        let hint = IANATimeZone.nearestName(to: identifier)
        throw value.problem(
            "`\(identifier)` is no time zone of the IANA database; "
                + (hint.map { "did you mean `\($0)`?" } ?? "write one such as `Asia/Kolkata` or `UTC`"))
    }

    private static func minute(_ value: YAMLValue) throws(YAMLProblem) -> Int {
        guard let minute = minuteOfDay(try value.string()) else {
            throw value.problem("write a quoted time of day from \"00:00\" to \"23:59\"")
        }
        return minute
    }

    private static func scope(_ value: YAMLValue) throws(YAMLProblem) -> BudgetScope {
        let entry = try value.mapping(keys: ["provider", "model", "function", "tenant"])
        return BudgetScope(
            providers: try entry.optional("provider").map(names), models: try entry.optional("model").map(names),
            functions: try entry.optional("function").map(names), tenants: try entry.optional("tenant").map(names))
    }

    private static func names(_ value: YAMLValue) throws(YAMLProblem) -> Set<String> {
        var names: Set<String> = []
        for entry in try value.list() { names.insert(try entry.string()) }
        guard !names.isEmpty else {
            throw value.problem("an empty list covers nothing; leave the key out to cover everything")
        }
        return names
    }

    /// A quarter where the file says nothing, so that three busy tenants leave something for the others; an equal part,
    /// if that is more, where the scope names tenants, whose budget it then is.
    private static func share(_ value: YAMLValue?, in scope: BudgetScope) throws(YAMLProblem) -> Int {
        guard let value else { return scope.tenants.map { max(25, 100 / $0.count) } ?? 25 }
        guard scope.tenants?.count != 1 else {
            throw value.problem("the budget is one tenant's own; leave the key out, or change `scope.tenant`")
        }
        return try value.int(in: 1...100)
    }

    private static func percentages(_ value: YAMLValue) throws(YAMLProblem) -> [Int] {
        var percentages: Set<Int> = []
        for entry in try value.list() {
            guard percentages.insert(try entry.int(in: 1...100)).inserted else {
                throw entry.problem("the percentage stands twice; keep one")
            }
        }
        return percentages.sorted()
    }

    private static func policy(_ value: YAMLValue) throws(YAMLProblem) -> ExhaustedPolicy {
        // Only a mapping is no text; its problems are told below.
        guard let word = try? value.string() else {
            return .fallbackModel(
                try value.mapping(keys: ["fallback-model"]).required("fallback-model").string())
        }
        switch word {
        case "answer-without-model": return .answerWithoutModel
        case "wait-until-reset": return .waitUntilReset
        case "reject": return .reject
        default:
            throw value.problem(
                "`\(word)` is not known; write `answer-without-model`, `wait-until-reset`, `reject` or"
                    + " `{fallback-model: ID}`")
        }
    }
}
