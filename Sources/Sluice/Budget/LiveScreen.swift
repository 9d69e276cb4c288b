import Foundation
import FunctionHost
import Glibc

/// A terminal that shows a page again and again, and is as it was before when that ends.
struct LiveScreen: Sendable {
    private enum Event: Sendable {
        case tick
        case quit
    }

    /// The terminal's settings before.
    private let settings: termios

    /// Nil where input or output is no terminal.
    init?() {
        var settings = termios()
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1,
            unsafe tcgetattr(STDIN_FILENO, &settings) == 0
        else { return nil }
        self.settings = settings
    }

    /// Shows a page at once and after each interval, until q, Ctrl-C or a signal to end.
    func show(every interval: Duration, _ page: () async throws -> Data) async throws {
        enter()
        defer { leave() }
        let (events, feed) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(4))
        feed.yield(.tick)
        // A thread, because reading blocks; it ends with the process.
        Thread.detachNewThread {
            var key: UInt8 = 0
            while unsafe read(STDIN_FILENO, &key, 1) == 1 {
                feed.yield(key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") ? .quit : .tick)
            }
            feed.yield(.quit)
        }
        // A page may wait for a server that does not answer; the terminal must not.
        let end = OrderlyEnd(
            patience: .zero, statusWhenCut: 0, begin: { feed.yield(.quit) }, hurry: {}, lastWords: { leave() })
        try await ProcessEnd.shared.withOrderlyEnd(end) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while true {
                        try await Task.sleep(for: interval)
                        feed.yield(.tick)
                    }
                }
                defer { group.cancelAll() }
                for await event in events {
                    if event == .quit { return }
                    draw(try await page())
                }
            }
        }
    }

    /// Another screen than the shell's, without a cursor; keys come at once and are not shown.
    private func enter() {
        var live = settings
        live.c_lflag &= ~tcflag_t(ICANON | ECHO)
        _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &live)
        CommandOutput.data("\u{1B}[?1049h\u{1B}[?25l")
    }

    private func leave() {
        CommandOutput.data("\u{1B}[?25h\u{1B}[?1049l")
        var before = settings
        _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &before)
    }

    /// Writes over the page before, line by line, so that nothing flickers.
    private func draw(_ page: Data) {
        let lines = String(decoding: page, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.prefix(max(1, CommandOutput.rows - 1)).map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
        CommandOutput.data("\u{1B}[H" + text + "\u{1B}[J\r\nq ends\u{1B}[K")
    }
}
