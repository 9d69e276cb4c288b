import COpenSSL
package import FoundationEssentials

/// SHA-256 and its HMAC, by OpenSSL.
package enum SHA256 {
    /// The digest in 64 lowercase hexadecimal digits.
    package static func hex(_ data: Data) -> String { hex(digest(data)) }

    /// The digest, 32 bytes.
    package static func digest(_ data: Data) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let outcome = unsafe data.withUnsafeBytes { bytes in
            unsafe EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil)
        }
        precondition(outcome == 1, "OpenSSL has no SHA-256")
        return digest
    }

    /// The authentication code of a text under a key: RFC 2104, 32 bytes.
    package static func authenticationCode(of text: String, key: [UInt8]) -> [UInt8] {
        authenticationCode(of: Data(text.utf8), key: key)
    }

    /// The authentication code of bytes under a key: RFC 2104, 32 bytes.
    package static func authenticationCode(of data: Data, key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let result = unsafe data.withUnsafeBytes { bytes in
            unsafe HMAC(
                EVP_sha256(), key, Int32(key.count), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &code,
                nil)
        }
        precondition(unsafe result != nil, "OpenSSL has no HMAC")
        return code
    }

    /// Bytes in lowercase hexadecimal digits.
    package static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
