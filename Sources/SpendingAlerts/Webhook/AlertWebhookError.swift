/// What is wrong with the settings of the alert webhook.
///
/// No case and no description holds a value that was set: a secret may stand in the wrong variable.
package enum AlertWebhookError: Error, Sendable, Hashable {
    /// The URL is none, or neither `http` nor `https`.
    case malformedURL
    /// The URL is `http` and leaves this machine.
    case insecureURL
    /// The URL holds a user or a password; the signature proves the sender instead.
    case userInURL
    /// The URL holds a fragment, which is never sent.
    case fragmentInURL
    /// A URL is set and no secret.
    case noSecret
    /// The secret has fewer than ``AlertWebhook/secretBytesMin`` bytes.
    case secretTooShort(bytes: Int)
    /// The secret has more than ``AlertWebhook/secretBytesMax`` bytes.
    case secretTooLong
}

extension AlertWebhookError: CustomStringConvertible {
    /// What to write, in one line.
    package var description: String {
        switch self {
        case .malformedURL:
            "SLUICE_ALERT_WEBHOOK is no URL: write it as https://host/path, in ASCII"
        case .insecureURL:
            "SLUICE_ALERT_WEBHOOK leaves this machine unencrypted: write https:// (http:// is for loopback alone)"
        case .userInURL:
            "SLUICE_ALERT_WEBHOOK holds a user or password: leave them out; the signature proves the sender"
        case .fragmentInURL:
            "SLUICE_ALERT_WEBHOOK holds a `#`, and what follows is never sent: leave it out, or write %23"
        case .noSecret:
            """
            SLUICE_ALERT_WEBHOOK is set without a secret: write one of at least \(AlertWebhook.secretBytesMin) bytes \
            to a file and name it in SLUICE_ALERT_SECRET_FILE (or set SLUICE_ALERT_SECRET)
            """
        case .secretTooShort(let bytes):
            """
            the alert secret has \(bytes) bytes and needs \(AlertWebhook.secretBytesMin): \
            write a longer one, such as `openssl rand -hex 32` gives
            """
        case .secretTooLong:
            """
            the alert secret has more than \(AlertWebhook.secretBytesMax) bytes: \
            write a shorter one, such as `openssl rand -hex 32` gives
            """
        }
    }
}
