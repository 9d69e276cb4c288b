package import FoundationEssentials
package import HTTPTransport
import Hashing

/// Signs requests with AWS Signature Version 4 in the `Authorization` header.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
package struct SigV4Signer: Sendable, Hashable {
    /// How the path enters the signature.
    package enum PathRule: Sendable {
        /// Dots and double slashes are resolved, and the path as sent is escaped once more. Every service but S3.
        case escapedAgain
        /// Escaped once more and not resolved.
        case escapedAgainUnresolved
        /// As it is sent. S3.
        case asSent
    }

    /// What is signed of a request.
    package struct Message: Sendable {
        /// Such as `POST`.
        package var method: String
        /// The path as it goes over the wire.
        package var path: String
        /// What stands behind the `?`, as it goes over the wire; empty for none.
        package var query: String
        /// The headers to sign, `Host` and `X-Amz-Date` among them.
        package var headers: [(name: String, value: String)]
        /// The SHA-256 of the body in hexadecimal digits.
        package var bodyDigest: String

        /// Makes a message.
        package init(
            method: String, path: String, query: String, headers: [(name: String, value: String)], bodyDigest: String
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.headers = headers
            self.bodyDigest = bodyDigest
        }
    }

    /// The steps of one signature.
    ///
    /// AWS's error messages show the first two, so they help to find a difference.
    package struct Signature: Sendable, Hashable {
        /// Step 1.
        package let canonicalRequest: String
        /// Step 2.
        package let stringToSign: String
        /// Step 4, in hexadecimal digits.
        package let signature: String
        /// The value of the `Authorization` header.
        package let authorization: String
    }

    /// Such as `ap-south-1`.
    package let region: String
    /// The service's signing name, such as `bedrock`.
    package let service: String
    /// How the path enters the signature.
    package let pathRule: PathRule

    /// Makes a signer.
    package init(region: String, service: String, pathRule: PathRule = .escapedAgain) {
        self.region = region
        self.service = service
        self.pathRule = pathRule
    }

    /// Adds `X-Amz-Date`, `X-Amz-Security-Token` where the credentials are temporary, and `Authorization`.
    ///
    /// All of the request's headers are signed, and `Host`, which the client adds.
    package func sign(_ request: HTTPRequest, with credentials: AWSCredentials, at date: Date) -> HTTPRequest {
        let timestamp = AWSTimestamp(date)
        let target = URLParts(request.url)
        var signed = request
        signed.headers.append(("X-Amz-Date", timestamp.text))
        if let token = credentials.sessionToken { signed.headers.append(("X-Amz-Security-Token", token)) }
        let message = Message(
            method: request.method, path: target.path, query: target.query,
            headers: signed.headers + [("Host", target.host)], bodyDigest: SHA256.hex(request.body))
        let signature = signature(of: message, with: credentials, at: timestamp)
        signed.headers.append(("Authorization", signature.authorization))
        return signed
    }

    /// The signature of a message, whose headers are all signed.
    package func signature(
        of message: Message, with credentials: AWSCredentials, at timestamp: AWSTimestamp
    ) -> Signature {
        let request = CanonicalRequest(message, pathRule: pathRule)
        let scope = "\(timestamp.day)/\(region)/\(service)/aws4_request"
        let digest = SHA256.hex(Data(request.text.utf8))
        let stringToSign = "AWS4-HMAC-SHA256\n\(timestamp.text)\n\(scope)\n\(digest)"
        var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
        for part in [timestamp.day, region, service, "aws4_request"] {
            key = SHA256.authenticationCode(of: part, key: key)
        }
        let signature = SHA256.hex(SHA256.authenticationCode(of: stringToSign, key: key))
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), "
            + "SignedHeaders=\(request.signedHeaders), Signature=\(signature)"
        return Signature(
            canonicalRequest: request.text, stringToSign: stringToSign, signature: signature,
            authorization: authorization)
    }
}
