import Synchronization

/// Whether something that is tried again and again fails now, so that its begin and its end are told once each.
final class Trouble: Sendable {
    private let isNow = Mutex(false)

    /// Takes note of a failure; true for the first one.
    func begins() -> Bool { change(to: true) }

    /// Takes note of a success; true for the first one after a failure.
    func ends() -> Bool { change(to: false) }

    private func change(to value: Bool) -> Bool {
        isNow.withLock { isNow in
            defer { isNow = value }
            return isNow != value
        }
    }
}
