import CivilTime
package import FoundationEssentials
package import FunctionKit
import HTTPTransport

/// An answer of the service that is no success.
package struct ServiceRefusal: Sendable, Hashable {
    /// The HTTP status.
    package let status: Int
    /// The service's name for the error, such as `ThrottlingException`; the status where it names none.
    package let code: String
    /// What is wrong with the host, the account or the service; nil where it is the request itself.
    package let trouble: HostTrouble.Kind?
    /// When the service wants to be asked again, from now.
    package let retryAfter: Duration?
    /// Whether it shows that a model ran: it counts tokens, or brings what a model wrote.
    package let showsRun: Bool

    /// Reads status, code and, for a person, the message, which may quote the request and so is kept in no error or log.
    ///
    /// The code is looked for in the header `x-amzn-errortype`, then in the body's `code` and `__type`. Name space and
    /// documentation URL around it are cut off: `com.amazon.coral.service#ValidationException:http://...`.
    package static func read(
        status: Int, headers: [String: String], body: Data, now: Date = .now
    ) -> (refusal: ServiceRefusal, message: String) {
        // A gateway's body may be anything: then the status says it all.
        let fields = try? JSONDecoder().decode(Fields.self, from: body)
        let names = [headers["x-amzn-errortype"], fields?.code, fields?.type]
        let code = names.lazy.compactMap { $0.flatMap(Self.bareCode) }.first ?? "\(status)"
        let traces = AnswerTraces(body)
        let message = fields?.message ?? fields?.capitalMessage ?? ""
        let refusal = ServiceRefusal(
            status: status, code: code, message: message,
            retryAfter: headers["retry-after"].flatMap { Self.wait($0, from: now) },
            showsRun: TokenCounts(headers: headers).hasTokens || traces.counts.hasTokens || traces.hasText)
        return (refusal, message)
    }

    /// Makes a refusal.
    package init(
        status: Int, code: String, message: String = "", retryAfter: Duration? = nil, showsRun: Bool = false
    ) {
        self.status = status
        self.code = code
        self.retryAfter = retryAfter
        self.showsRun = showsRun
        trouble = Self.trouble(status: status, code: code, message: message)
    }

    /// Whether the service certainly charges nothing: it refused the request, or had no room for it.
    ///
    /// So do the statuses of those in between that pass nothing on: redirections, and what is wrong with address, method,
    /// form, size or rights. A model error (424), a timeout (408) and a server error may come after the model ran, and so may
    /// 503 of a proxy that lost its connection. Bedrock's own 503 has a name and says that the service was not there to be
    /// asked. Whatever shows that a model ran, or is named an error of a model's run, may be paid.
    ///
    /// The errors of InvokeModel: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html>;
    /// what is behind them: <https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html>.
    package var isSurelyNotPaid: Bool {
        guard !showsRun, !Self.afterRun.contains(code) else { return false }
        return switch status {
        case 300...399, 400...407, 409...411, 413...415, 421, 422, 426, 428, 429, 431, 451, 501, 505, 511: true
        case 503: Self.beforeRun.contains(code)
        default: false
        }
    }

    private static let beforeRun: Set<String> = ["ServiceUnavailableException", "ThrottlingException"]

    /// The service's names for what happens while a model runs, or at no known moment, whatever status a gateway gives them.
    private static let afterRun: Set<String> = [
        "ModelErrorException", "ModelTimeoutException", "ModelStreamErrorException", "InternalServerException",
        "InternalServerError", "InternalFailure", "InternalError",
    ]

    private struct Fields: Decodable {
        let code: String?
        let type: String?
        let message: String?
        let capitalMessage: String?

        private enum CodingKeys: String, CodingKey {
            case code, message
            case type = "__type"
            case capitalMessage = "Message"
        }
    }

    /// The error's name; nil where the text holds none that is fit for a log line.
    private static func bareCode(_ text: String) -> String? {
        let name = (text.split(separator: "#").last ?? "").prefix { $0 != ":" }
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isName && (1...80).contains(name.utf8.count) ? String(name) : nil
    }

    /// Seconds, or what is left until an instant; nil for what is neither.
    ///
    /// Its form: <https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>.
    private static func wait(_ text: String, from now: Date) -> Duration? {
        if let seconds = Double(text) {
            return seconds.isFinite && seconds >= 0 ? .seconds(min(seconds, 1_000_000)) : nil
        }
        guard let instant = httpDate(text) else { return nil }
        return .seconds(min(max(0, instant.timeIntervalSince(now)), 1_000_000))
    }
}
