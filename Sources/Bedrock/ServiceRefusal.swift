package import FoundationEssentials
import HTTPTransport

/// An answer of the service that is no success.
package struct ServiceRefusal: Sendable, Hashable {
    /// The HTTP status.
    package let status: Int
    /// The service's name for the error, such as `ThrottlingException`; the status where it names none.
    package let code: String

    /// Reads status, code and, for a person, the message, which may quote the request and so is kept in no error or log.
    ///
    /// The code is looked for in the header `x-amzn-errortype`, then in the body's `code` and `__type`. Name space and
    /// documentation URL around it are cut off: `com.amazon.coral.service#ValidationException:http://...`.
    package static func read(
        status: Int, headers: [String: String], body: Data
    ) -> (refusal: ServiceRefusal, message: String) {
        // A gateway's body may be anything: then the status says it all.
        let fields = try? JSONDecoder().decode(Fields.self, from: body)
        let names = [headers["x-amzn-errortype"], fields?.code, fields?.type]
        let code = names.lazy.compactMap { $0.flatMap(Self.bareCode) }.first ?? "\(status)"
        return (ServiceRefusal(status: status, code: code), fields?.message ?? fields?.capitalMessage ?? "")
    }

    /// Makes a refusal.
    package init(status: Int, code: String) {
        self.status = status
        self.code = code
    }

    /// Whether the service certainly charges nothing: it refused the request, or had no room for it.
    ///
    /// A model error (424), a timeout (408) and a server error may come after the model ran.
    package var isSurelyNotPaid: Bool { [400, 403, 404, 429, 503].contains(status) }

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
}
