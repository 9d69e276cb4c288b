import Glibc
import Ingestion
import Synchronization

/// Shows on stderr how far an ingest has come: one line that changes on a terminal, a line now and then elsewhere.
final class ProgressLine: Sendable {
    private static let pauseOnTerminal = Duration.milliseconds(100)
    private static let pauseElsewhere = Duration.seconds(5)

    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let shownAt = Mutex<ContinuousClock.Instant?>(nil)

    /// Shows it, unless another was shown a moment ago; the last is always shown.
    func show(_ progress: IngestProgress) {
        let isDue = shownAt.withLock { last in
            let pause = isTerminal ? Self.pauseOnTerminal : Self.pauseElsewhere
            guard progress.written == progress.total || last.map({ .now - $0 >= pause }) ?? true else { return false }
            last = .now
            return true
        }
        guard isDue else { return }
        var text = "\(progress.written) of \(progress.total) passages"
        if let rate = progress.rate { text += ", \(Int(rate.rounded())) a second" }
        if let remaining = progress.remaining, progress.written < progress.total {
            text += ", \(Self.text(remaining)) left"
        }
        // The second part clears what is left of a longer line.
        if isTerminal { CommandOutput.messagePart("\r\(text)\u{1B}[K") } else { CommandOutput.message(text) }
    }

    /// Ends the line.
    func end() {
        if isTerminal, shownAt.withLock({ $0 }) != nil { CommandOutput.message("") }
    }

    private static func text(_ duration: Duration) -> String {
        let seconds = Int((duration / .seconds(1)).rounded(.up))
        return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
    }
}
