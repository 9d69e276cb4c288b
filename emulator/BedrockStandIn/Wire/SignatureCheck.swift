import Bedrock
import FoundationEssentials
import HTTPTypes
import Hashing
import Hummingbird

/// Checks the signature of a request as AWS does.
struct SignatureCheck: Sendable {
    /// The clock skew that AWS allows.
    private static let skewSecondsMax = 300

    let credentials: AWSCredentials
    let region: String
    let now: @Sendable () -> Date

    /// Why the request is not let in; nil where it is.
    func refusal(of request: Request, body: Data) -> ServiceException? {
        guard let header = request.headers[.authorization] else { return .missingToken }
        guard let claim = Claim(header) else {
            return .badSignature("The Authorization header is not in the form of AWS4-HMAC-SHA256.")
        }
        guard claim.accessKeyID == credentials.accessKeyID,
            value("x-amz-security-token", request) == credentials.sessionToken
        else { return .unknownKey }
        guard claim.region == region else { return .badSignature("Credential should be scoped to a valid region.") }
        guard claim.service == "bedrock" else {
            return .badSignature("Credential should be scoped to correct service: 'bedrock'.")
        }
        guard let timestamp = value("x-amz-date", request).flatMap({ AWSTimestamp($0) }), timestamp.day == claim.day
        else { return .badSignature("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.") }
        if let stale = skew(timestamp) { return stale }
        return signature(of: request, body: body, claim: claim, at: timestamp)
    }

    private func skew(_ timestamp: AWSTimestamp) -> ServiceException? {
        let clock = AWSTimestamp(now())
        if timestamp.seconds < clock.seconds - Self.skewSecondsMax {
            return .badSignature("Signature expired: \(timestamp.text) is now earlier than \(clock.text) - 5 min.")
        }
        if timestamp.seconds > clock.seconds + Self.skewSecondsMax {
            return .badSignature(
                "Signature not yet current: \(timestamp.text) is still later than \(clock.text) + 5 min.")
        }
        return nil
    }

    private func signature(
        of request: Request, body: Data, claim: Claim, at timestamp: AWSTimestamp
    ) -> ServiceException? {
        let target = request.head.path ?? "/"
        let path = target.prefix { $0 != "?" }
        var headers: [(name: String, value: String)] = []
        for name in claim.signedHeaders {
            guard let value = value(name, request) else {
                return .badSignature("A signed header is not in the request.")
            }
            headers.append((name, value))
        }
        let given = Set(claim.signedHeaders)
        guard given.contains("host"), given.contains("x-amz-date") else {
            return .badSignature("'Host' and 'X-Amz-Date' must be signed headers.")
        }
        let message = SigV4Signer.Message(
            method: request.method.rawValue, path: String(path), query: String(target.dropFirst(path.count + 1)),
            headers: headers, bodyDigest: SHA256.hex(body))
        let expected = SigV4Signer(region: region, service: "bedrock")
            .signature(of: message, with: credentials, at: timestamp)
        guard Self.areEqual(expected.signature, claim.signature) else {
            return .badSignature(
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your AWS Secret Access Key and signing method. "
                    + "Consult the service documentation for details.")
        }
        return nil
    }

    /// A header's value as it is signed; `Host` is the request's authority.
    private func value(_ name: String, _ request: Request) -> String? {
        if name == "host" { return request.head.authority }
        guard let name = HTTPField.Name(name) else { return nil }
        let values = request.headers[values: name]
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    /// Takes the same time wherever the difference is.
    private static func areEqual(_ one: String, _ other: String) -> Bool {
        guard one.utf8.count == other.utf8.count else { return false }
        return zip(one.utf8, other.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// What an `Authorization` header says.
    private struct Claim {
        let accessKeyID: String
        let day: String
        let region: String
        let service: String
        let signedHeaders: [String]
        let signature: String

        init?(_ header: String) {
            let scheme = "AWS4-HMAC-SHA256"
            guard header.hasPrefix(scheme) else { return nil }
            var fields: [Substring: Substring] = [:]
            for field in header.dropFirst(scheme.count).split(whereSeparator: { $0 == "," || $0 == " " }) {
                let parts = field.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { fields[parts[0]] = parts[1] }
            }
            guard let credential = fields["Credential"], let headers = fields["SignedHeaders"],
                let signature = fields["Signature"]
            else { return nil }
            let scope = credential.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
            guard scope.count == 5, scope[4] == "aws4_request" else { return nil }
            (accessKeyID, day, region, service) = (scope[0], scope[1], scope[2], scope[3])
            signedHeaders = headers.split(separator: ";").map { String($0) }
            self.signature = String(signature)
        }
    }
}
