/// A request in the one spelling that both sides sign.
struct CanonicalRequest {
    /// The whole text.
    let text: String
    /// The signed headers' names, such as `host;x-amz-date`.
    let signedHeaders: String

    init(_ message: SigV4Signer.Message, pathRule: SigV4Signer.PathRule) {
        var values: [String: [String]] = [:]
        for (name, value) in message.headers {
            values[name.lowercased(), default: []].append(Self.collapsed(value))
        }
        let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let headers = names.map { "\($0):\(values[$0, default: []].joined(separator: ","))\n" }.joined()
        signedHeaders = names.joined(separator: ";")
        text = [
            message.method, Self.path(message.path, rule: pathRule), Self.query(message.query), headers, signedHeaders,
            message.bodyDigest,
        ].joined(separator: "\n")
    }

    private static func path(_ path: String, rule: SigV4Signer.PathRule) -> String {
        let path = path.isEmpty ? "/" : path
        return switch rule {
        case .asSent: path
        case .escapedAgainUnresolved: PercentEncoding.encode(path, keepsSlashes: true)
        case .escapedAgain: PercentEncoding.encode(resolved(path), keepsSlashes: true)
        }
    }

    /// RFC 3986 section 5.2.4, and double slashes made one.
    private static func resolved(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." {
                _ = segments.popLast()
            } else {
                segments.append(segment)
            }
        }
        let endsOpen = ["/", "/.", "/.."].contains { path.hasSuffix($0) }
        return "/" + segments.joined(separator: "/") + (endsOpen && !segments.isEmpty ? "/" : "")
    }

    private static func query(_ query: String) -> String {
        let pairs = query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let encoded = parts.map { PercentEncoding.encode(PercentEncoding.decode($0)) }
            return (name: encoded[0], value: encoded.count > 1 ? encoded[1] : "")
        }
        return pairs.sorted { ($0.name, $0.value) < ($1.name, $1.value) }.map { "\($0.name)=\($0.value)" }
            .joined(separator: "&")
    }

    /// The value without white space at its ends, and with one space for each run within.
    private static func collapsed(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" || $0.isNewline }.joined(separator: " ")
    }
}
