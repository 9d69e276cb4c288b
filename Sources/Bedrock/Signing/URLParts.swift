/// The parts of an absolute URL, byte for byte.
struct URLParts {
    /// What the `Host` header says: without the scheme's own port.
    let host: String
    /// `/` where the URL has none.
    let path: String
    /// Without the `?`.
    let query: String

    init(_ url: String) {
        let url = url.prefix { $0 != "#" }
        let isSecure = url.lowercased().hasPrefix("https:")
        let rest = url.drop { $0 != "/" }.dropFirst(2)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let defaultPort = isSecure ? ":443" : ":80"
        host = String(authority.hasSuffix(defaultPort) ? authority.dropLast(defaultPort.count) : authority)
        let target = rest.dropFirst(authority.count)
        let path = target.prefix { $0 != "?" }
        self.path = path.isEmpty ? "/" : String(path)
        query = String(target.dropFirst(path.count).dropFirst())
    }
}
