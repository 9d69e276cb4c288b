import FoundationEssentials
import Hashing

/// Proves to a receiver that a request comes from a holder of the secret, and when it was made.
///
/// The header is `Sluice-Signature: t=1795417200,v1=e883…`: `t` are Unix seconds, `v1` is HMAC-SHA256 (RFC 2104) in
/// 64 lowercase hexadecimal digits, under the secret, of `t`'s digits, a full stop and the body's bytes. It is the
/// scheme of Stripe's webhooks (<https://docs.stripe.com/webhooks#verify-manually>).
///
/// A receiver checks it so:
/// 1. Split the header at commas, each part at its first `=`; pass over names other than `t` and `v1`.
/// 2. Compute the HMAC of `t` + `.` + the body *as it came*, before any JSON is read, under the secret's bytes.
/// 3. Compare with `v1` in constant time (such as Python's `hmac.compare_digest`), or the time of the comparison tells
///    a forger how far it agreed.
/// 4. Refuse a `t` more than 5 minutes away from the receiver's clock: so a recorded request cannot be sent again
///    later. Each attempt is signed anew, with the time of that attempt.
/// 5. Answer 401 where a step fails; drop an id seen before with 204.
struct AlertSignature {
    /// The header's name.
    static let header = "Sluice-Signature"

    /// The header's value.
    let value: String

    /// Signs a body.
    ///
    /// - Parameters:
    ///   - body: What is sent.
    ///   - secret: The key's bytes.
    ///   - instant: When it is sent; rounded down to seconds.
    init(of body: Data, secret: [UInt8], at instant: Date) {
        let seconds = Int64(instant.timeIntervalSince1970.rounded(.down))
        let code = SHA256.authenticationCode(of: Data("\(seconds).".utf8) + body, key: secret)
        value = "t=\(seconds),v1=\(SHA256.hex(code))"
    }
}
