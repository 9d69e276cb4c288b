import Glibc

/// What an HTTP client can use as an address: `http` or `https`, a host, a port where one is named, and no space.
enum WebAddress {
    /// Whether a client can use it: an IPv6 address stands in brackets, and numbers alone are an IPv4 address.
    static func isUsable(_ text: String) -> Bool {
        let form =
            #/
            https?:\/\/ (?: [^\/?\#@]* @ )?
            (?<host> \[ [^\]\/?\#]* \] | [A-Za-z0-9._\-]+ )
            (?: : (?<port> [0-9]{1,5} ) )?
            (?: [\/?\#] .* )?
            /#
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), let match = text.wholeMatch(of: form) else {
            return false
        }
        if let port = match.port, !(Int(port).map { (1...65_535).contains($0) } ?? false) { return false }
        return isHost(match.host)
    }

    private static func isHost(_ host: Substring) -> Bool {
        if host.hasPrefix("[") {
            // Behind a % is the interface of a link-local address.
            var address = in6_addr()
            return unsafe inet_pton(AF_INET6, String(host.dropFirst().dropLast().prefix { $0 != "%" }), &address) == 1
        }
        guard !host.hasPrefix("."), !host.contains("..") else { return false }
        guard host.allSatisfy({ $0.isNumber || $0 == "." }) else { return true }
        var address = in_addr()
        return unsafe inet_aton(String(host), &address) != 0
    }
}
