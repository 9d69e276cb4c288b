/// What a table for people is shown on.
package struct Terminal: Sendable, Hashable {
    /// Columns of characters.
    package var width: Int
    /// Whether more than ASCII may be drawn.
    package var isUnicode: Bool
    /// Whether colours may be used.
    package var isColoured: Bool

    /// 80 columns of Unicode without colour.
    package static let plain = Terminal(width: 80, isUnicode: true, isColoured: false)
    /// Lines longer than this are hard to follow.
    private static let widthMax = 160

    /// Makes a terminal of a known kind.
    package init(width: Int, isUnicode: Bool, isColoured: Bool) {
        self.width = width
        self.isUnicode = isUnicode
        self.isColoured = isColoured
    }

    /// Judges by the environment.
    ///
    /// `LC_ALL`, `LC_CTYPE` and `LANG` say whether it shows UTF-8; `TERM=dumb` shows ASCII alone; under `NO_COLOR` nothing is
    /// coloured (<https://no-color.org>).
    ///
    /// - Parameters:
    ///   - environment: The process's variables.
    ///   - columns: The terminal's width; nil where the output is no terminal. `COLUMNS` wins where it is a number, as POSIX
    ///     has it.
    package init(environment: [String: String], columns: Int?) {
        let isDumb = environment["TERM"] == "dumb"
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let charset = locale.lowercased()
        isUnicode = !isDumb && (charset.contains("utf-8") || charset.contains("utf8"))
        isColoured = columns != nil && !isDumb && (environment["NO_COLOR"] ?? "").isEmpty
        let asked = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        width = min(Self.widthMax, max(40, asked ?? columns ?? 80))
    }
}
