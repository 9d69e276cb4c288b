/// The keys of this target's log lines.
enum LogKey {
    /// Whose threshold was reached.
    static let budget = "budget.name"
    /// The threshold, as a percentage of the limit.
    static let percent = "budget.percent"
    /// What was spent, in nano-dollars.
    static let spent = "spend.nano_usd"
    /// The limit, in nano-dollars.
    static let limit = "limit.nano_usd"
    /// When the budget turns, in UTC.
    static let periodEnd = "period.end"
}
