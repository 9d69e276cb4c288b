import CLibXML2
import FoundationEssentials

/// Reads HTML by libxml2, which mends what is not well formed: headings, paragraphs, list items, table rows.
enum HTMLReader {
    /// Nothing of these is the page's text.
    private static let left: Set<String> = [
        "script", "style", "noscript", "template", "head", "nav", "footer", "aside", "form", "svg", "iframe", "button",
        "select",
    ]
    /// These end a block before and after.
    private static let blocks: Set<String> = [
        "address", "article", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt", "figcaption",
        "figure", "header", "hr", "html", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody",
        "tfoot", "thead", "tr", "ul",
    ]
    private static let headings = ["h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6]

    /// Reads a file's bytes: in UTF-8, or in the encoding that the file names.
    ///
    /// - Throws: ``SkipReason/notUTF8(line:)``, or ``SkipReason/unreadable`` where libxml2 finds no document.
    static func sections(_ bytes: Data) throws(SkipReason) -> [Section] {
        var encoding: String?
        do throws(SkipReason) {
            _ = try UTF8Lines.of(bytes)
            encoding = "UTF-8"
        } catch {
            guard String(decoding: bytes.prefix(1024), as: UTF8.self).lowercased().contains("charset=") else {
                throw error
            }
        }
        // No entities from elsewhere, nothing from the network, no messages on the standard error.
        let options = Int32(
            HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NONET.rawValue | HTML_PARSE_NOERROR.rawValue
                | HTML_PARSE_NOWARNING.rawValue)
        let document = unsafe bytes.withUnsafeBytes { bytes in
            unsafe htmlReadMemory(
                bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count), nil, encoding, options)
        }
        guard let document = unsafe document else { throw .unreadable }
        defer { unsafe xmlFreeDoc(document) }
        var page = Page()
        unsafe page.read(xmlDocGetRootElement(document))
        page.endBlock()
        return page.builder.sections
    }

    /// What was read of a page so far.
    private struct Page {
        var builder = SectionBuilder()
        var text = ""

        /// Walks a tree without recursion: a page may be nested deeper than a stack is.
        ///
        /// `unsafe`: the nodes live as long as their document, which the caller frees afterwards.
        @unsafe mutating func read(_ root: UnsafeMutablePointer<xmlNode>?) {
            var node = unsafe root
            while let current = unsafe node {
                if unsafe enter(current), let child = unsafe current.pointee.children {
                    unsafe node = child
                    continue
                }
                var done = unsafe current
                unsafe leave(done)
                while unsafe done.pointee.next == nil || done == root {
                    guard unsafe done != root, let parent = unsafe done.pointee.parent else { return }
                    unsafe leave(parent)
                    unsafe done = parent
                }
                unsafe node = done.pointee.next
            }
        }

        /// Whether the node's children are looked at.
        @unsafe private mutating func enter(_ node: UnsafeMutablePointer<xmlNode>) -> Bool {
            let type = unsafe node.pointee.type
            if type == XML_TEXT_NODE || type == XML_CDATA_SECTION_NODE {
                if let content = unsafe node.pointee.content {
                    text += unsafe String(cString: content)
                }
                return false
            }
            guard type == XML_ELEMENT_NODE, let name = unsafe Self.name(node) else { return false }
            if left.contains(name) { return false }
            if name == "br" { text += "\n" }
            if name == "td" || name == "th" { text += " " }
            if blocks.contains(name) || headings[name] != nil { endBlock() }
            return true
        }

        @unsafe private mutating func leave(_ node: UnsafeMutablePointer<xmlNode>) {
            guard unsafe node.pointee.type == XML_ELEMENT_NODE, let name = unsafe Self.name(node) else { return }
            if let level = headings[name] {
                builder.heading(text, level: level)
                text = ""
            } else if blocks.contains(name) {
                endBlock()
            }
        }

        mutating func endBlock() {
            builder.block(text.split(separator: "\n").map(\.oneLine).filter { !$0.isEmpty }.joined(separator: " "))
            text = ""
        }

        @unsafe private static func name(_ node: UnsafeMutablePointer<xmlNode>) -> String? {
            guard let name = unsafe node.pointee.name else { return nil }
            return unsafe String(cString: name).lowercased()
        }
    }
}
