/// A piece of HTML or SVG, whose texts and attributes cannot be read as markup.
indirect enum Markup {
    /// Words.
    case text(String)
    /// Words whose line breaks stay.
    case lines(String)
    /// An element: its name, attributes in order, and what is in it.
    case element(String, [(String, String)], [Markup])
    /// The words of a style sheet, which holds nothing from outside.
    case style(String)

    /// An element.
    static func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [Markup] = [])
        -> Markup
    {
        .element(name, attributes.map { ($0.key, $0.value) }, children)
    }

    /// An element that holds words.
    static func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String) -> Markup {
        element(name, attributes, [.text(text)])
    }

    /// As it is written into a file.
    var text: String {
        switch self {
        case .text(let text): return Self.escaped(TerminalText.clean(text))
        case .lines(let text): return Self.escaped(TerminalText.clean(text, keepsLines: true))
        case .style(let text): return "<style>\n\(text)</style>\n"
        case .element(let name, let attributes, let children):
            let attributes = attributes.map { " \($0.0)=\"\(Self.escaped($0.1))\"" }.joined()
            if Self.void.contains(name) { return "<\(name)\(attributes)>" }
            let end = Self.blocks.contains(name) ? "\n" : ""
            return "<\(name)\(attributes)>\(children.map(\.text).joined())</\(name)>\(end)"
        }
    }

    private static let void: Set<String> = ["meta"]
    /// Elements after which a line ends, so that a person can read the file.
    private static let blocks: Set<String> = [
        "html", "head", "body", "title", "main", "header", "section", "h1", "h2", "h3", "p", "table", "thead", "tbody",
        "tfoot", "tr", "figure", "figcaption", "details", "svg", "g", "rect", "path", "line", "div", "ul", "li",
        "dl", "dd", "pre",
    ]

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}
