import FunctionKit

/// Sums of calls.
package struct SpendAmounts: Sendable, Hashable {
    /// Calls that were made, may have been made, or are under way; not those that surely were not made.
    package var calls: Int
    /// Tokens that the model read, cached ones too, as far as anybody counted.
    package var inputTokens: Int
    /// Tokens that the model wrote, as far as anybody counted.
    package var outputTokens: Int
    /// What they cost.
    package var spent: Money
    /// What is held for those under way.
    package var held: Money
    /// How often a call was answered from its stored settlement, which costs nothing; nil where that is not known, as for
    /// one question.
    package var replays: Int?
    /// Questions with a settled call, each counted where its first settlement was: the first at all, or the first of its
    /// function or its model where calls are put together by these.
    package var questions: Int

    /// Nothing.
    package static let zero = SpendAmounts()

    /// Makes sums.
    package init(
        calls: Int = 0, inputTokens: Int = 0, outputTokens: Int = 0, spent: Money = .zero, held: Money = .zero,
        replays: Int? = 0, questions: Int = 0
    ) {
        self.calls = calls
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.spent = spent
        self.held = held
        self.replays = replays
        self.questions = questions
    }

    /// The sums of both.
    ///
    /// Overflow wraps; a ledger's own sums are checked long before.
    package static func + (left: SpendAmounts, right: SpendAmounts) -> SpendAmounts { left.combined(right, 1) }

    /// What is in the first and not in the second.
    package static func - (left: SpendAmounts, right: SpendAmounts) -> SpendAmounts { left.combined(right, -1) }

    private func combined(_ other: SpendAmounts, _ sign: Int) -> SpendAmounts {
        SpendAmounts(
            calls: calls + sign * other.calls, inputTokens: inputTokens &+ sign &* other.inputTokens,
            outputTokens: outputTokens &+ sign &* other.outputTokens,
            spent: Money(nanoUSD: spent.nanoUSD &+ Int64(sign) &* other.spent.nanoUSD),
            held: Money(nanoUSD: held.nanoUSD &+ Int64(sign) &* other.held.nanoUSD),
            replays: replays.flatMap { own in other.replays.map { own + sign * $0 } },
            questions: questions + sign * other.questions)
    }
}

extension JournalEntry {
    /// What the entry changes in the sums of its call's quarter of an hour, but for ``SpendAmounts/questions``.
    package var amounts: SpendAmounts {
        let counted = kind == .settle ? usage : nil
        return SpendAmounts(
            calls: kind == .reserve ? 1 : kind == .release ? -1 : 0,
            inputTokens: counted.map { $0.inputTokens &+ $0.cacheReadTokens &+ $0.cacheWriteTokens } ?? 0,
            outputTokens: counted?.outputTokens ?? 0, spent: spent, held: held)
    }
}
