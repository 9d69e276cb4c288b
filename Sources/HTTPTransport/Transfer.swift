import CCurl
import FoundationEssentials
import FunctionKit
import Glibc

/// One request under way; lives on the client's thread alone.
///
/// `@safe`: the handle and the list are its own, made in `init` and freed in `deinit`.
@safe final class Transfer {
    let id: UInt64
    let continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>
    /// libcurl's handle, removed from its loop before this object goes away.
    let easy: UnsafeMutableRawPointer

    /// When its time is up.
    ///
    /// Kept here and not by libcurl, which looks at the time before it reads: after the process was stopped it would give up
    /// an answer that has long come.
    let ends: ProcessClock.Instant

    /// How long after ``connectEnds`` libcurl has surely seen that it has passed.
    private static let connectSlack = Duration.milliseconds(50)

    private let connectTimeout: Duration
    /// When the time for the connection is up, which libcurl keeps: it alone knows when a request waits for its turn.
    private let connectEnds: ProcessClock.Instant
    /// For how long the process had been stopped before.
    private let stoppedBefore: Duration
    private var headerList: UnsafeMutablePointer<curl_slist>?
    /// The most bytes of header lines; libcurl 7.88 limits a line and not their sum.
    private static let headerBytesMax = 128 << 10

    private let responseBytesMax: Int
    private var headerBytes = 0
    private var headers: [String: String] = [:]
    private var body = Data()
    private var isTooLarge = false

    /// Prepares the handle; nil where the request cannot be sent.
    init?(
        id: UInt64, request: HTTPRequest,
        continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>
    ) {
        guard let easy = unsafe curl_easy_init() else { return nil }
        self.id = id
        self.continuation = continuation
        unsafe self.easy = easy
        responseBytesMax = request.responseBytesMax
        let now = ProcessClock.now
        ends = now + min(request.timeout, .longest)
        connectTimeout = min(request.connectTimeout, .longest)
        connectEnds = now + connectTimeout
        stoppedBefore = ProcessClock.stopped
        guard setUp(request) else { return nil }
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        unsafe curl_slist_free_all(headerList)
    }

    /// False only where nothing can have been sent: libcurl counts the request's bytes as it hands them on.
    var mayHaveBeenSent: Bool { unsafe sluice_curl_get_long(easy, CURLINFO_REQUEST_SIZE) > 0 }

    /// How long the loop may sleep before it has to look at this transfer.
    func untilDue(at now: ProcessClock.Instant) -> Duration {
        // libcurl's own alarm does not come again after a stop.
        let connectDue = connectEnds + Self.connectSlack
        return now.duration(to: !mayHaveBeenSent && connectDue > now ? min(ends, connectDue) : ends)
    }

    /// Lets libcurl wait for the connection by as much longer as the process was stopped meanwhile.
    ///
    /// - Parameter stopped: For how long it was stopped in all.
    func allow(forStops stopped: Duration) {
        let timeout = min(connectTimeout + (stopped - stoppedBefore), .longest)
        // Where it fails, the time is that of before.
        unsafe sluice_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout.wholeMilliseconds)
    }

    /// What the end of the transfer means.
    func result(_ code: CURLcode) -> Result<HTTPResponse, HTTPError> {
        guard code == CURLE_OK else { return .failure(failure(code)) }
        let status = unsafe sluice_curl_get_long(easy, CURLINFO_RESPONSE_CODE)
        return .success(HTTPResponse(status: status, headers: headers, body: body))
    }

    /// What the system says of a connection that was not made; empty where it says nothing.
    private var systemReason: String {
        let number = unsafe sluice_curl_get_long(easy, CURLINFO_OS_ERRNO)
        guard let number = Int32(exactly: number), number > 0 else { return "" }
        return unsafe ": \(String(cString: strerror(number))), errno \(number)"
    }

    private func failure(_ code: CURLcode) -> HTTPError {
        let reason = unsafe String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_WRITE_ERROR where isTooLarge: return .tooLarge
        case CURLE_OPERATION_TIMEDOUT: return .timedOut(wasSent: mayHaveBeenSent)
        // An answer that is no HTTP is an unsupported protocol too, and that came after sending.
        case CURLE_URL_MALFORMAT where !mayHaveBeenSent, CURLE_UNSUPPORTED_PROTOCOL where !mayHaveBeenSent:
            return .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION:
            return mayHaveBeenSent
                ? .broken(wasSent: true, reason: reason) : .notConnected(reason: reason + systemReason)
        default: return .broken(wasSent: mayHaveBeenSent, reason: reason)
        }
    }

    private func setUp(_ request: HTTPRequest) -> Bool {
        guard request.isValid else { return false }
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        // libcurl adds these by itself; with `Expect` it would wait a second for a server that does not know it.
        let given = Set(request.headers.map { $0.name.lowercased() })
        lines += ["Accept", "Content-Type", "Expect"].filter { !given.contains($0.lowercased()) }.map { "\($0):" }
        for line in lines {
            guard let list = unsafe curl_slist_append(headerList, line) else { return false }
            unsafe headerList = list
        }
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let outcomes = unsafe [
            sluice_curl_set_string(easy, CURLOPT_URL, request.url),
            sluice_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method),
            sluice_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
            sluice_curl_set_string(easy, CURLOPT_PROXY, ""),
            sluice_curl_set_string(easy, CURLOPT_USERAGENT, "sluice"),
            sluice_curl_set_long(easy, CURLOPT_NOSIGNAL, 1),
            sluice_curl_set_long(easy, CURLOPT_PATH_AS_IS, 1),
            sluice_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0),
            sluice_curl_set_long(easy, CURLOPT_FRESH_CONNECT, request.mayReuseConnection ? 0 : 1),
            sluice_curl_set_long(easy, CURLOPT_FORBID_REUSE, request.mayReuseConnection ? 0 : 1),
            sluice_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            sluice_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, connectTimeout.wholeMilliseconds),
            sluice_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1),
            sluice_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2),
            sluice_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList),
            sluice_curl_set_sink(easy, CURLOPT_WRITEFUNCTION, receiveBody),
            sluice_curl_set_pointer(easy, CURLOPT_WRITEDATA, context),
            sluice_curl_set_sink(easy, CURLOPT_HEADERFUNCTION, receiveHeader),
            sluice_curl_set_pointer(easy, CURLOPT_HEADERDATA, context),
        ]
        guard outcomes.allSatisfy({ $0 == CURLE_OK }) else { return false }
        switch request.method {
        case "HEAD": return unsafe sluice_curl_set_long(easy, CURLOPT_NOBODY, 1) == CURLE_OK
        case "GET" where request.body.isEmpty, "DELETE" where request.body.isEmpty: return true
        default: return setBody(request.body)
        }
    }

    private func setBody(_ body: Data) -> Bool {
        // COPYPOSTFIELDS copies as many bytes as the size says, so the size comes first.
        guard unsafe sluice_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)) == CURLE_OK
        else { return false }
        // Without bytes there may be no pointer, which would mean another way of sending to libcurl.
        guard !body.isEmpty else { return unsafe sluice_curl_set_string(easy, CURLOPT_COPYPOSTFIELDS, "") == CURLE_OK }
        return unsafe body.withUnsafeBytes { bytes in
            unsafe sluice_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress) == CURLE_OK
        }
    }

    fileprivate func receive(body bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= responseBytesMax else {
            isTooLarge = true
            return false
        }
        unsafe body.append(contentsOf: bytes)
        return true
    }

    fileprivate func receive(header bytes: UnsafeRawBufferPointer) -> Bool {
        headerBytes += bytes.count
        guard headerBytes <= Self.headerBytesMax else {
            isTooLarge = true
            return false
        }
        let line = unsafe String(decoding: bytes, as: UTF8.self)
        // An interim answer (1xx) is followed by the real one, with headers of its own.
        if line.hasPrefix("HTTP/") { headers = [:] }
        guard let colon = line.firstIndex(of: ":") else { return true }
        let name = line[..<colon].lowercased()
        let value = line[line.index(after: colon)...].trimmingSpace()
        headers[name] = headers[name].map { "\($0),\(value)" } ?? value
        return true
    }
}

extension Duration {
    /// About what libcurl's int of milliseconds holds.
    fileprivate static let longest = Duration.seconds(1_000_000)

    /// Rounded down, but at least 1, since 0 is no limit to libcurl.
    fileprivate var wholeMilliseconds: Int { max(1, Int(self / .milliseconds(1))) }
}

extension Substring {
    fileprivate func trimmingSpace() -> String {
        var text = self
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}

/// libcurl hands over a piece of the body; any other count than the given one ends the transfer.
private let receiveBody: sluice_curl_sink = { bytes, size, count, context in
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe transfer.receive(body: piece) ? piece.count : 0
}

/// libcurl hands over one line of the header.
private let receiveHeader: sluice_curl_sink = { bytes, size, count, context in
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe transfer.receive(header: line) ? line.count : 0
}
