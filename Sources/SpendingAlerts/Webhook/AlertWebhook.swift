package import FoundationEssentials

/// Where alerts are posted to, and the secret that signs them.
///
/// Each alert is one `POST` with `Content-Type: application/json`, `Sluice-Alert-Id`, which is `id` of the body, and
/// `Sluice-Signature`; the last two are all that a receiver needs besides the body:
///
///     {"at":"2026-11-23T06:20:00Z","budget":"daily","event":"threshold_crossed","held_usd":"0.012",
///      "id":"daily/2026-11-22T18:30:00Z/80/0.50","limit_usd":"0.50","percent":80,"period_end":"2026-11-23T18:30:00Z",
///      "period_start":"2026-11-22T18:30:00Z","spent_usd":"0.400000001"}
///
/// on one line, keys sorted, money as decimal strings in US dollars, times in UTC. `at` is when the ledger saw the
/// threshold reached. Fields may be added; receivers pass over those that they do not know. A receiver checks the
/// signature as told at ``AlertSignature``, drops an `id` that it has already had, since an alert comes at least
/// once, and answers 2xx, best 204.
///
/// No description, reflection or dump shows the secret, or more of the URL than its origin: the path of a webhook is
/// often a secret itself.
package struct AlertWebhook: Sendable, Hashable {
    /// Where to post; absolute.
    let url: String
    /// What signs; at least ``secretBytesMin`` bytes.
    let secret: [UInt8]
    /// Scheme, host and port where given, such as `https://alerts.example.org`; safe to show.
    package let origin: String
    /// From the start of the connection to the last byte of the answer, for each attempt.
    package let timeout: Duration
    /// The most attempts of one delivery; the waits between them are those of ``AlertRetry``.
    package let attemptsMax: Int

    /// The fewest bytes of a secret: 128 bits, so that nobody guesses it.
    package static let secretBytesMin = 16
    /// The most bytes of a secret: more is another file.
    package static let secretBytesMax = 4096

    /// Makes a webhook.
    ///
    /// - Parameters:
    ///   - url: `https`, or `http` where the host is this machine: `localhost`, 127.0.0.0/8 or `[::1]`. Without user,
    ///     password and fragment.
    ///   - secret: Shared with the receiver; ``secretBytesMin`` to ``secretBytesMax`` bytes, best random ones.
    ///   - timeout: Above zero.
    ///   - attemptsMax: At least 1.
    /// - Throws: ``AlertWebhookError`` for a URL or a secret that will not do.
    package init(
        url: String, secret: Data, timeout: Duration = .seconds(10), attemptsMax: Int = 5
    ) throws(AlertWebhookError) {
        precondition(timeout > .zero && attemptsMax >= 1, "a webhook needs time and an attempt")
        origin = try Self.origin(of: url)
        guard secret.count >= Self.secretBytesMin else { throw .secretTooShort(bytes: secret.count) }
        guard secret.count <= Self.secretBytesMax else { throw .secretTooLong }
        self.url = url
        self.secret = Array(secret)
        self.timeout = timeout
        self.attemptsMax = attemptsMax
    }

    /// What may be shown of a URL that will do.
    private static func origin(of url: String) throws(AlertWebhookError) -> String {
        guard url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            let parts = URLComponents(string: url, encodingInvalidCharacters: false),
            let scheme = parts.scheme?.lowercased(), scheme == "https" || scheme == "http",
            let host = parts.encodedHost, !host.isEmpty, parts.port.map({ (1...65_535).contains($0) }) ?? true
        else { throw .malformedURL }
        guard parts.user == nil, parts.password == nil else { throw .userInURL }
        guard parts.fragment == nil else { throw .fragmentInURL }
        guard scheme == "https" || isLoopback(host) else { throw .insecureURL }
        return "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")"
    }

    /// Whether a host is surely this machine.
    ///
    /// Other ways to write such an address, such as `127.1`, count as no: they need `https`.
    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
    }
}

extension AlertWebhook: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The origin alone.
    package var description: String { "AlertWebhook(\(origin))" }
    /// The origin alone.
    package var debugDescription: String { description }
    /// The origin alone.
    package var customMirror: Mirror { Mirror(self, children: ["origin": origin]) }
}
