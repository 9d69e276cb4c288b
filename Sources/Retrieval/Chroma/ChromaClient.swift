import FoundationEssentials
package import FunctionKit
package import HTTPTransport
import Synchronization
import Waiting

/// A client of Chroma's HTTP API, of both its versions.
///
/// Each call that it makes may be repeated without harm, and is, until its deadline: Chroma may restart meanwhile, even
/// as another version. Nothing blocks.
package final class ChromaClient: Sendable {
    /// The wait before the second attempt; each further one is twice as long, up to ``pauseMax``.
    private static let pauseMin = Duration.milliseconds(50)
    private static let pauseMax = Duration.seconds(1)
    /// A page of a thousand passages stays far below.
    private static let answerBytesMax = 64 << 20

    /// Where it is.
    package let configuration: ChromaConfiguration
    private let http: HTTPClient
    /// What the server answered to last; nil before the first call.
    private let spoken = Mutex<ChromaAPI?>(nil)

    /// Makes a client; nothing is called yet.
    ///
    /// - Parameters:
    ///   - configuration: Where Chroma is.
    ///   - http: Shared with others; the caller shuts it down.
    package init(_ configuration: ChromaConfiguration, http: HTTPClient) {
        self.configuration = configuration
        self.http = http
    }

    /// Finds out which API to speak, and refuses a version that was never tried.
    ///
    /// - Returns: What the server says; 1.5.9 says `1.0.0`.
    /// - Throws: ``ChromaError``.
    @discardableResult
    package func connect(until deadline: ProcessClock.Instant) async throws(ChromaError) -> String {
        for api in configuration.apis {
            let response = try await repeated(request("GET", paths(api).version, nil), until: deadline)
            switch response.status {
            case 200:
                guard let version = try? JSONDecoder().decode(String.self, from: response.body) else {
                    throw .notChroma(url: configuration.url)
                }
                guard Self.isKnown(version) else { throw .unknownVersion(String(version.prefix(40))) }
                spoken.withLock { $0 = api }
                return version
            // Newer servers answer the older API with 410, older ones do not know the newer.
            case 404, 405, 410, 501: continue
            default: throw problem(response)
            }
        }
        throw .notChroma(url: configuration.url)
    }

    /// 0.5 and 1: what the tests run.
    private static func isKnown(_ version: String) -> Bool {
        let numbers = version.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3 else { return false }
        return numbers[0] == "1" || numbers[0] == "0" && numbers[1] == "5"
    }

    /// Makes a call and reads its answer.
    ///
    /// - Parameters:
    ///   - call: Names the call in errors.
    ///   - method: Of a call that may be repeated without harm.
    ///   - body: JSON; nil for none.
    ///   - type: What the answer is read as.
    ///   - deadline: When to give up.
    ///   - path: Where it goes.
    /// - Returns: The answer.
    /// - Throws: ``ChromaError``.
    func send<Answer: Decodable>(
        _ call: String, _ method: String, body: Data? = nil, as type: Answer.Type,
        until deadline: ProcessClock.Instant,
        path: (ChromaPaths) -> String
    ) async throws(ChromaError) -> Answer {
        let answer = try await send(method, body: body, until: deadline, path: path)
        do {
            return try JSONDecoder().decode(type, from: answer)
        } catch {
            // The decoder's own words would quote the answer.
            throw .unreadable(call: call)
        }
    }

    /// Makes a call and gives the bytes of its answer.
    @discardableResult
    func send(
        _ method: String, body: Data? = nil, until deadline: ProcessClock.Instant, path: (ChromaPaths) -> String
    ) async throws(ChromaError) -> Data {
        var mayAskAgain = true
        while true {
            if spoken.withLock({ $0 == nil }) { try await connect(until: deadline) }
            let api = spoken.withLock { $0 } ?? .v2
            let response = try await repeated(request(method, path(paths(api)), body), until: deadline)
            switch response.status {
            case 200, 201: return response.body
            // Another version was started in its place.
            case 404 where mayAskAgain && ChromaProblem(response.body).isUnknownPath, 410 where mayAskAgain:
                mayAskAgain = false
                spoken.withLock { $0 = nil }
            default: throw problem(response)
            }
        }
    }

    private func paths(_ api: ChromaAPI) -> ChromaPaths { ChromaPaths(api, configuration) }

    private func request(_ method: String, _ path: String, _ body: Data?) -> HTTPRequest {
        var headers: [(name: String, value: String)] = []
        if body != nil { headers.append(("Content-Type", "application/json")) }
        if let token = configuration.token { headers.append(("Authorization", "Bearer \(token)")) }
        var request = HTTPRequest(
            method: method, url: configuration.url + path, headers: headers, body: body ?? Data(),
            responseBytesMax: Self.answerBytesMax)
        request.mayReuseConnection = true
        return request
    }

    /// Sends a request again and again until there is an answer that another attempt would not change, or no time.
    private func repeated(
        _ request: HTTPRequest, until deadline: ProcessClock.Instant
    ) async throws(ChromaError) -> HTTPResponse {
        var before: ChromaError?
        do throws(ChromaError) {
            return try await Deadline(deadline, by: .process).asking(
                every: Self.pauseMin, upTo: Self.pauseMax
            ) { (problem: ChromaError) in
                problem.isTransient && problem != .cancelled
            } _: { () async throws(ChromaError) in
                try await once(request, until: deadline, &before)
            }
        } catch {
            throw Task.isCancelled ? .cancelled : error
        }
    }

    private func once(
        _ request: HTTPRequest, until deadline: ProcessClock.Instant, _ before: inout ChromaError?
    ) async throws(ChromaError) -> HTTPResponse {
        let problem: ChromaError
        do throws(HTTPError) {
            var request = request
            let remaining = max(.milliseconds(1), deadline - .now)
            request.timeout = min(configuration.attemptTimeout, remaining)
            request.connectTimeout = request.timeout
            let response = try await http.send(request)
            guard let failure = Self.transientFailure(response) else { return response }
            problem = failure
        } catch {
            // An attempt that the deadline cut short says less than the one before it.
            if case .timedOut = error, deadline <= .now, let before { throw before }
            problem = transportProblem(error)
        }
        before = problem
        throw problem
    }

    private static func transientFailure(_ response: HTTPResponse) -> ChromaError? {
        switch response.status {
        // 0.5 says 500 of a vector of the wrong length, too, and that does not pass.
        case 500 where ChromaProblem(response.body).isOtherDimension: nil
        // Each body is made here and whole.
        case 400 where ChromaProblem(response.body).isOutOfMemory: .failing(status: response.status)
        case 400 where ChromaProblem(response.body).isOverShare,
            422 where ChromaProblem(response.body).isOverShare:
            .failing(status: response.status)
        // A server that is away, or too busy, or one that stands in front of it.
        case 408, 425, 429, 500, 502...504, 507, 520...529: .failing(status: response.status)
        default: nil
        }
    }

    private func transportProblem(_ error: HTTPError) -> ChromaError {
        switch error {
        case .cancelled, .shutDown: .cancelled
        case .timedOut: .noAnswer(url: configuration.url)
        case .invalidRequest: .notChroma(url: configuration.url)
        case .tooLarge: .unreadable(call: "a call")
        case .notConnected(let reason), .broken(_, let reason):
            .unreachable(url: configuration.url, reason: reason)
        }
    }

    private func problem(_ response: HTTPResponse) -> ChromaError {
        let problem = ChromaProblem(response.body)
        if problem.isOtherDimension { return .otherDimension(collection: configuration.collection) }
        if problem.isNoCollection { return .noCollection(configuration.collection) }
        switch response.status {
        case 401, 403: return .notAllowed
        case 404 where problem.isNoDatabase, 400 where problem.isNoDatabase:
            return .noDatabase(tenant: configuration.tenant, database: configuration.database)
        default: return .refused(status: response.status, code: problem.code)
        }
    }
}
