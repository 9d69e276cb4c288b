import CWideCharacters
import Glibc

/// Text as a terminal shows it: East Asian characters take two columns, combining marks none.
package enum TerminalText {
    /// How many columns a text takes, by glibc's tables.
    static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return withUTF8Locale { text.unicodeScalars.reduce(0) { $0 + columns($1) } }
    }

    /// The text without what would move the cursor or change colours; names come from outside.
    ///
    /// - Parameters:
    ///   - text: Words from anywhere.
    ///   - keepsLines: Whether line breaks and tabs stay.
    /// - Returns: The text, with U+FFFD for each control.
    package static func clean(_ text: String, keepsLines: Bool = false) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    isControl($0) && !(keepsLines && ($0 == "\n" || $0 == "\t")) ? "\u{FFFD}" : $0
                }))
    }

    /// The text, cut to a width with an ellipsis where it is longer.
    static func shortened(_ text: String, to width: Int, ellipsis: String) -> String {
        guard self.width(text) > width else { return text }
        var rest = max(0, width - self.width(ellipsis))
        let kept = text.prefix { character in
            rest -= self.width(String(character))
            return rest >= 0
        }
        return kept + ellipsis
    }

    /// The text in lines of at most a width, broken between words; a longer word keeps a line of its own.
    static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, self.width(last) + 1 + self.width(String(word)) <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        max(0, Int(sluice_columns(scalar.value)))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // Formats, too: a right-to-left override turns the rest of the line around.
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    /// Runs `body` where this thread's characters are those of UTF-8, which `wcwidth` goes by.
    private static func withUTF8Locale<Value>(_ body: () -> Value) -> Value {
        guard let utf8 = unsafe newlocale(LC_CTYPE_MASK, "C.UTF-8", nil) else { return body() }
        let previous = unsafe uselocale(utf8)
        defer {
            _ = unsafe uselocale(previous)
            unsafe freelocale(utf8)
        }
        return body()
    }
}
