/// How a process ends that has begun something: in order while there is time, and cut off after that.
package struct OrderlyEnd: Sendable {
    /// How long after the first signal everything may take.
    package var patience: Duration
    /// The exit status of a process that was cut off.
    package var statusWhenCut: Int32
    /// Begins the end.
    package var begin: @Sendable () -> Void
    /// Gives up what is under way: the time is nearly over.
    package var hurry: @Sendable () -> Void
    /// Returns once nothing is left that is worth waiting for, so that the cut comes then; nil where all of it is.
    package var untilQuiet: (@Sendable () async -> Void)?
    /// Says what there is to say before the cut; it is given ``ProcessEnd/wordsMax`` and no longer.
    package var lastWords: @Sendable () -> Void

    /// Makes an end; no closure can hold up the cut.
    package init(
        patience: Duration, statusWhenCut: Int32, begin: @escaping @Sendable () -> Void,
        hurry: @escaping @Sendable () -> Void, untilQuiet: (@Sendable () async -> Void)? = nil,
        lastWords: @escaping @Sendable () -> Void
    ) {
        self.patience = patience
        self.statusWhenCut = statusWhenCut
        self.begin = begin
        self.hurry = hurry
        self.untilQuiet = untilQuiet
        self.lastWords = lastWords
    }
}
