import Foundation
import FunctionKit

/// A set of budgets as a ledger keeps it: every field said, in one order.
struct BudgetSetJSON: Codable {
    /// Grows where a field comes to mean something else, or a new one must not be overlooked.
    private static let newest = 1

    fileprivate struct Entry: Codable {
        let alertsPercent: [Int]
        let exhausted: String
        let fallbackModel: String?
        let functions: [String]?
        let limitNanoUSD: Int64
        let models: [String]?
        let name: String
        let period: String
        let providers: [String]?
        let tenantSharePercent: Int
        let tenants: [String]?
        let timeZone: String
        let turnsAtMinute: Int

        private enum CodingKeys: String, CodingKey {
            case exhausted, functions, models, name, period, providers, tenants
            case alertsPercent = "alerts_percent"
            case fallbackModel = "fallback_model"
            case limitNanoUSD = "limit_nano_usd"
            case tenantSharePercent = "tenant_share_percent"
            case timeZone = "timezone"
            case turnsAtMinute = "turns_at_minute"
        }
    }

    private let entries: [Entry]
    private let version: Int

    private enum CodingKeys: String, CodingKey {
        case version
        case entries = "budgets"
    }

    /// What is to be written.
    init(_ budgets: [Budget]) {
        version = Self.newest
        entries = budgets.map(Entry.init)
    }

    /// What was written; nil for what this program would misread.
    init?(text: String) {
        guard let json = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)), json.version == Self.newest
        else { return nil }
        self = json
    }

    /// The canonical text.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and whole numbers always encode.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The budgets; nil where one says what no file can.
    var budgets: [Budget]? {
        let budgets = entries.compactMap(\.budget)
        return budgets.count == entries.count ? budgets : nil
    }

    /// A policy in a word, and the model that it names.
    static func words(_ policy: ExhaustedPolicy) -> [String] {
        switch policy {
        case .answerWithoutModel: ["answer-without-model"]
        case .waitUntilReset: ["wait-until-reset"]
        case .reject: ["reject"]
        case .fallbackModel(let model): ["fallback-model", model]
        }
    }
}

extension BudgetSetJSON.Entry {
    fileprivate init(_ budget: Budget) {
        let words = BudgetSetJSON.words(budget.exhausted)
        // Of an hourly turn only the minute counts.
        let minute = budget.rule.length == .hour ? budget.rule.turnsAtMinute % 60 : budget.rule.turnsAtMinute
        self.init(
            alertsPercent: budget.alertsPercent, exhausted: words[0], fallbackModel: words.dropFirst().first,
            functions: budget.scope.functions?.sorted(), limitNanoUSD: budget.limit.nanoUSD,
            models: budget.scope.models?.sorted(), name: budget.name, period: budget.rule.length.rawValue,
            providers: budget.scope.providers?.sorted(), tenantSharePercent: budget.tenantSharePercent,
            tenants: budget.scope.tenants?.sorted(), timeZone: budget.rule.timeZone.identifier,
            turnsAtMinute: minute)
    }

    fileprivate var budget: Budget? {
        guard let length = PeriodRule.Length(rawValue: period), let zone = TimeZone(identifier: timeZone), let policy
        else { return nil }
        return Budget(
            name: name, limit: Money(nanoUSD: limitNanoUSD),
            rule: PeriodRule(length: length, timeZone: zone, turnsAtMinute: turnsAtMinute),
            scope: BudgetScope(
                providers: providers.map { Set($0) }, models: models.map { Set($0) },
                functions: functions.map { Set($0) }, tenants: tenants.map { Set($0) }),
            tenantSharePercent: tenantSharePercent, alertsPercent: alertsPercent, exhausted: policy)
    }

    private var policy: ExhaustedPolicy? {
        switch (exhausted, fallbackModel) {
        case ("answer-without-model", nil): .answerWithoutModel
        case ("wait-until-reset", nil): .waitUntilReset
        case ("reject", nil): .reject
        case ("fallback-model", let model?): .fallbackModel(model)
        default: nil
        }
    }
}
