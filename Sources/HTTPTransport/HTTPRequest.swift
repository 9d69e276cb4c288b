package import FoundationEssentials

/// One HTTP request, sent exactly as it stands.
package struct HTTPRequest: Sendable, Hashable {
    /// Such as `POST`.
    package var method: String
    /// Absolute, `http` or `https`, in printable ASCII; its path goes over the wire byte for byte.
    package var url: String
    /// Sent in this order, besides `Host`, `Content-Length` and a `User-Agent`.
    package var headers: [(name: String, value: String)] {
        get { names.indices.map { (names[$0], values[$0]) } }
        set {
            names = newValue.map(\.name)
            values = newValue.map(\.value)
        }
    }
    /// The body; empty for none.
    package var body: Data
    /// From the start of the connection to the last byte of the answer, in the time that the process gets.
    package var timeout: Duration
    /// The most bytes of the answer's body.
    package var responseBytesMax: Int
    /// The longest that name look-up, connection and TLS handshake may take together, within ``timeout``.
    package var connectTimeout: Duration
    /// Whether a connection of an earlier request may be used again.
    ///
    /// libcurl sends such a request once more, silently, where the connection turns out dead: only for requests that may
    /// be repeated without harm.
    package var mayReuseConnection = false

    private var names: [String] = []
    private var values: [String] = []

    /// Makes a request.
    package init(
        method: String, url: String, headers: [(name: String, value: String)] = [], body: Data = Data(),
        timeout: Duration = .seconds(30), responseBytesMax: Int = 16 << 20,
        connectTimeout: Duration = .seconds(5)
    ) {
        self.method = method
        self.url = url
        self.body = body
        self.timeout = timeout
        self.responseBytesMax = responseBytesMax
        self.connectTimeout = connectTimeout
        self.headers = headers
    }

    /// Whether libcurl may have it: it would let a line break in a header start another one.
    var isValid: Bool {
        let scheme = url.prefix(8).lowercased()
        guard scheme.hasPrefix("http://") || scheme == "https://",
            url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), !method.isEmpty, Self.isToken(method)
        else { return false }
        return headers.allSatisfy { name, value in
            !name.isEmpty && Self.isToken(name) && !value.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 }
        }
    }

    /// A token of <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>.
    private static func isToken(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }
}

/// One HTTP answer.
package struct HTTPResponse: Sendable, Hashable {
    /// Such as 200.
    package var status: Int
    /// Names in lowercase; the values of a name that came more than once are joined by a comma.
    package var headers: [String: String]
    /// The body.
    package var body: Data

    /// Makes an answer.
    package init(status: Int, headers: [String: String], body: Data) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
