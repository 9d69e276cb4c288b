/// How many questions budgets had no room for.
package struct QuestionsWithoutRoom: Sendable, Hashable {
    /// Those that were refused.
    package let refused: Int
    /// Those that were answered without the model.
    package let degraded: Int
    /// Those that wait for a budget.
    package let parked: Int

    /// Makes counts.
    package init(refused: Int, degraded: Int, parked: Int) {
        self.refused = refused
        self.degraded = degraded
        self.parked = parked
    }
}
