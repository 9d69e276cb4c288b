import Synchronization

/// Whether a last function has given its output, which is being stored since: the rest of the invocation's time is the
/// history's.
final class OutputStoring: Sendable {
    private let state = Atomic(false)

    var hasBegun: Bool { state.load(ordering: .acquiring) }

    func begin() { state.store(true, ordering: .releasing) }
}
