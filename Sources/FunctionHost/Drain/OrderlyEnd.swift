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
    /// Says what there is to say before the cut; it is given ``ProcessEnd/wordsMax`` and no longer.
    package var lastWords: @Sendable () -> Void

    /// Makes an end; each closure runs on a thread of its own, so that none can hold up the cut.
    package init(
        patience: Duration, statusWhenCut: Int32, begin: @escaping @Sendable () -> Void,
        hurry: @escaping @Sendable () -> Void, lastWords: @escaping @Sendable () -> Void
    ) {
        self.patience = patience
        self.statusWhenCut = statusWhenCut
        self.begin = begin
        self.hurry = hurry
        self.lastWords = lastWords
    }
}
