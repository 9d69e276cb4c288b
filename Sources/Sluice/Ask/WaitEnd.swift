import Composition
import Foundation
import FunctionHost
import FunctionKit
import Synchronization
import Telemetry

/// Sees to it that a command ends when a person has waited long enough, whatever it still waits for itself.
///
/// It has a thread of its own. A command that ends in time, as nearly all do, is not touched.
final class WaitEnd: Sendable {
    /// Why nothing was begun in all that time.
    static let closed =
        "the data folder, the database or the broker does not answer; see whether another process holds it"

    private let words: Mutex<String?>

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - patience: How long the person waits.
    ///   - words: What is said where nothing better is known by then.
    init(_ patience: Patience, saying words: String) {
        self.words = Mutex(words)
        let end = patience.end + ProcessEnd.grace
        Thread.detachNewThread { [self] in
            // Again after a stop: the person has not waited meanwhile.
            while case let left = ProcessClock.now.duration(to: end), left > .zero {
                Thread.sleep(forTimeInterval: left / .seconds(1))
            }
            guard let words = self.words.withLock({ $0 }) else { return }
            ProcessEnd.cut(with: 1) {
                LineOutput.flushStandard(within: .milliseconds(100))
                CommandOutput.message("sluice: \(words)")
            }
        }
    }

    /// Says something else from now on.
    func say(_ words: String) {
        // Nothing after the end.
        self.words.withLock { if $0 != nil { $0 = words } }
    }

    /// What is to be said is known, and the command says it.
    func isOver() { words.withLock { $0 = nil } }
}
