public import FoundationEssentials

/// Sends HTTP requests of a function, each once.
public protocol WebClient: Sendable {
    /// Sends a request and gives the answer, whatever its status.
    ///
    /// Follows no redirect, uses no proxy, and verifies TLS. Ends with the invocation's time.
    ///
    /// - Throws: ``WebError``, which tells whether the request may have been acted upon.
    func send(_ request: WebRequest, context: InvocationContext) async throws(WebError) -> WebResponse
}

/// One HTTP request.
public struct WebRequest: Sendable, Hashable {
    /// Such as `POST`.
    public var method: String
    /// Absolute, `http` or `https`, in printable ASCII.
    public var url: String
    /// By their names.
    public var headers: [String: String]
    /// Empty for none.
    public var body: Data
    /// The most bytes of the answer's body.
    public var responseBytesMax: Int

    /// Makes a request.
    public init(
        _ method: String = "GET", _ url: String, headers: [String: String] = [:], body: Data = Data(),
        responseBytesMax: Int = 1 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.responseBytesMax = responseBytesMax
    }
}

/// One HTTP answer.
public struct WebResponse: Sendable, Hashable {
    /// Such as 200.
    public var status: Int
    /// By their names in lowercase.
    public var headers: [String: String]
    /// The body.
    public var body: Data

    /// Makes an answer.
    public init(status: Int, headers: [String: String] = [:], body: Data = Data()) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why there is no answer.
public enum WebError: Error, Sendable, Hashable {
    /// The URL or a header cannot be sent. Nothing was sent.
    case invalidRequest
    /// Nobody was reached. Nothing was sent; `reason` is for a person.
    case unreachable(reason: String)
    /// The time was up, or the connection broke. The request may have been acted upon.
    case noAnswer(reason: String)
    /// The answer is larger than ``WebRequest/responseBytesMax``. The request was acted upon.
    case tooLarge
}

extension WebError: CustomStringConvertible {
    /// One line for a person.
    public var description: String {
        switch self {
        case .invalidRequest, .tooLarge: code
        case .unreachable(let reason), .noAnswer(let reason): "\(code): \(reason)"
        }
    }
}

extension WebError: DispositionProviding {
    /// A request that can never be sent, or whose answer is too large, is the message's own fault.
    ///
    /// Where nobody is reached, that is the host's trouble, or the service's, with whatever message. What did not answer in
    /// time may do so at another attempt.
    ///
    /// This is for the addresses that a manifest names. A function that takes addresses from its input throws an error of its
    /// own for ``unreachable(reason:)``, so that a message with a wrong one does not hold up others.
    public var disposition: Disposition {
        switch self {
        case .invalidRequest, .tooLarge: .deadLetter
        case .unreachable: .hostTrouble(HostTrouble(.unreachable, code: code))
        case .noAnswer: .retry
        }
    }

    /// A short constant name.
    public var code: String {
        switch self {
        case .invalidRequest: "web-request-invalid"
        case .unreachable: "web-unreachable"
        case .noAnswer: "web-no-answer"
        case .tooLarge: "web-answer-too-large"
        }
    }
}
