/// How letters are set apart on a terminal (ECMA-48, Select Graphic Rendition).
enum Ink: String {
    case plain = ""
    case bold = "1"
    case dim = "2"
    case green = "32"
    case yellow = "33"
    case red = "31"

    init(_ level: Bar.Level) {
        self =
            switch level {
            case .calm: .green
            case .warning: .yellow
            case .full: .red
            }
    }

    func applied(to text: String, _ terminal: Terminal) -> String {
        guard terminal.isColoured, self != .plain, !text.isEmpty else { return text }
        return "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }
}
