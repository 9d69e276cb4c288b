import Synchronization
import Waiting

/// Callers that wait for money that calls under way hold: first come, first served, a line for each budget.
///
/// Only the head of a line is woken when a hold ends; when it leaves, the next one is.
final class WaitingLine: Sendable {
    /// A caller's place.
    final class Place: Sendable {
        private struct State {
            /// A wake that nobody awaits yet is kept; more than one says nothing new.
            var isWoken = false
            var waiter: CheckedContinuation<Void, Never>?
        }

        let name: BudgetLine.Name
        private let state = Mutex(State())

        fileprivate init(_ name: BudgetLine.Name) { self.name = name }

        /// Waits until the place is woken, the time is up or the task is cancelled.
        func wait(atMost limit: Duration) async {
            await Deadline(after: limit, by: .continuous).wait { await self.wait() }
            // Whatever ended the wait, the caller looks now.
            state.withLock { $0.isWoken = false }
        }

        fileprivate func wake() {
            let waiter = state.withLock { state in
                state.isWoken = true
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }

        private func wait() async {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isDue = state.withLock { state in
                        // The handler below may have run before: it finds a waiter, or this finds the cancellation.
                        if state.isWoken || Task.isCancelled { return true }
                        state.waiter = continuation
                        return false
                    }
                    if isDue { continuation.resume() }
                }
            } onCancel: {
                let waiter = state.withLock { state in
                    defer { state.waiter = nil }
                    return state.waiter
                }
                waiter?.resume()
            }
        }
    }

    private let lines = Mutex<[BudgetLine.Name: [Place]]>([:])

    /// The first of some budgets that somebody waits for.
    func contested(among names: some Sequence<BudgetLine.Name>) -> BudgetLine.Name? {
        lines.withLock { lines in names.first { lines[$0] != nil } }
    }

    /// Takes the last place of a budget's line.
    func join(_ name: BudgetLine.Name) -> Place {
        let place = Place(name)
        lines.withLock { $0[name, default: []].append(place) }
        return place
    }

    /// Whether nobody stands before this place.
    func isHead(_ place: Place) -> Bool { lines.withLock { $0[place.name]?.first === place } }

    /// Gives the place up and wakes the next one.
    func leave(_ place: Place) {
        let head = lines.withLock { lines -> Place? in
            let wasHead = lines[place.name]?.first === place
            lines[place.name]?.removeAll { $0 === place }
            if lines[place.name]?.isEmpty == true { lines[place.name] = nil }
            return wasHead ? lines[place.name]?.first : nil
        }
        head?.wake()
    }

    /// Wakes the head of every line: money may have come free.
    func wakeHeads() {
        for head in lines.withLock({ $0.values.compactMap(\.first) }) { head.wake() }
    }
}
