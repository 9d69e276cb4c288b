import Synchronization

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

        let budget: String
        private let state = Mutex(State())

        fileprivate init(budget: String) { self.budget = budget }

        /// Waits until the place is woken, the time is up or the task is cancelled.
        func wait(atMost limit: Duration) async {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.wait() }
                // It throws when it is cancelled, because the other one ended first.
                group.addTask { try? await Task.sleep(for: limit) }
                await group.next()
                group.cancelAll()
            }
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

    private let lines = Mutex<[String: [Place]]>([:])

    /// The first of some budgets that somebody waits for.
    func contested(among budgets: some Sequence<String>) -> String? {
        lines.withLock { lines in budgets.first { lines[$0] != nil } }
    }

    /// Takes the last place of a budget's line.
    func join(_ budget: String) -> Place {
        let place = Place(budget: budget)
        lines.withLock { $0[budget, default: []].append(place) }
        return place
    }

    /// Whether nobody stands before this place.
    func isHead(_ place: Place) -> Bool { lines.withLock { $0[place.budget]?.first === place } }

    /// Gives the place up and wakes the next one.
    func leave(_ place: Place) {
        let head = lines.withLock { lines -> Place? in
            let wasHead = lines[place.budget]?.first === place
            lines[place.budget]?.removeAll { $0 === place }
            if lines[place.budget]?.isEmpty == true { lines[place.budget] = nil }
            return wasHead ? lines[place.budget]?.first : nil
        }
        head?.wake()
    }

    /// Wakes the head of every line: money may have come free.
    func wakeHeads() {
        for head in lines.withLock({ $0.values.compactMap(\.first) }) { head.wake() }
    }
}
