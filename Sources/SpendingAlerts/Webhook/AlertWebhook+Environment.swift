import Foundation

extension AlertWebhook {
    /// Reads the webhook from the environment; nil where none is set.
    ///
    /// *Configuration keys*
    /// - `SLUICE_ALERT_WEBHOOK` (URL, optional): Where budget alerts are posted; without it they are logged and
    ///   counted only.
    /// - `SLUICE_ALERT_SECRET` (string, secret, 16 to 4096 bytes): Signs them.
    /// - `SLUICE_ALERT_SECRET_FILE` (path): A file that holds the secret instead; one line break at its end is cut.
    ///
    /// One of the last two is required with a URL, and neither is read without one. An empty value counts as not set.
    ///
    /// - Throws: ``AlertWebhookError``, which says what to write.
    package init?(environment: [String: String]) throws(AlertWebhookError) {
        guard let url = Self.value("SLUICE_ALERT_WEBHOOK", environment) else { return nil }
        let secret = Self.value("SLUICE_ALERT_SECRET", environment)
        let file = Self.value("SLUICE_ALERT_SECRET_FILE", environment)
        switch (secret, file) {
        case (nil, nil): throw .noSecret
        case (.some, .some): throw .twoSecrets
        case (let secret?, nil): try self.init(url: url, secret: Data(secret.utf8))
        case (nil, let file?): try self.init(url: url, secret: try Self.content(ofFile: file))
        }
    }

    private static func value(_ variable: String, _ environment: [String: String]) -> String? {
        environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func content(ofFile path: String) throws(AlertWebhookError) -> Data {
        var content: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            // Nothing was written, so closing says nothing.
            defer { try? file.close() }
            // Two more for the line break, one to see that it is too long.
            content = try file.read(upToCount: secretBytesMax + 3) ?? Data()
        } catch {
            throw .unreadableSecretFile
        }
        if content.last == UInt8(ascii: "\n") {
            content.removeLast()
            if content.last == UInt8(ascii: "\r") { content.removeLast() }
        }
        return content
    }
}
