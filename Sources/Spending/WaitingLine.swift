import Synchronization

/// Callers that wait for money that calls under way hold: first come, first served, a line for each budget.
///
/// Only the head of a line is woken when a hold ends; when it leaves, the next one is.
final class WaitingLine: Sendable {
    /// A caller's place.
    final class Place: Sendable {
        let budget: String
        fileprivate let events: AsyncStream<Void>
        fileprivate let wake: AsyncStream<Void>.Continuation

        fileprivate init(budget: String) {
            self.budget = budget
            // A wake that nobody awaits yet is kept; more than one says nothing new.
            (events, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        }

        /// Waits until the place is woken, the time is up or the task is cancelled.
        func wait(atMost limit: Duration) async {
            await withTaskGroup(of: Void.self) { [events] group in
                group.addTask {
                    var events = events.makeAsyncIterator()
                    _ = await events.next()
                }
                // It throws when it is cancelled, because the other one ended first.
                group.addTask { try? await Task.sleep(for: limit) }
                await group.next()
                group.cancelAll()
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
        head?.wake.yield()
    }

    /// Wakes the head of every line: money may have come free.
    func wakeHeads() {
        for head in lines.withLock({ $0.values.compactMap(\.first) }) { head.wake.yield() }
    }
}
