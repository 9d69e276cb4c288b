package import FoundationEssentials

/// One HTTP request, sent exactly as it stands.
package struct HTTPRequest: Sendable, Hashable {
    /// Such as `POST`.
    package var method: String
    /// Absolute, `http` or `https`; its path goes over the wire byte for byte.
    package var url: String
    /// Sent in this order, besides `Host` and `Content-Length`.
    package var headers: [(name: String, value: String)] {
        get { names.indices.map { (names[$0], values[$0]) } }
        set {
            names = newValue.map(\.name)
            values = newValue.map(\.value)
        }
    }
    /// The body; empty for none.
    package var body: Data
    /// From the start of the connection to the last byte of the answer.
    package var timeout: Duration
    /// The most bytes of the answer's body.
    package var responseBytesMax: Int

    private var names: [String] = []
    private var values: [String] = []

    /// Makes a request.
    package init(
        method: String, url: String, headers: [(name: String, value: String)] = [], body: Data = Data(),
        timeout: Duration = .seconds(30), responseBytesMax: Int = 16 << 20
    ) {
        self.method = method
        self.url = url
        self.body = body
        self.timeout = timeout
        self.responseBytesMax = responseBytesMax
        self.headers = headers
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
