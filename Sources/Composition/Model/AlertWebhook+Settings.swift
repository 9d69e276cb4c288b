import FoundationEssentials
import Settings
import SpendingAlerts

extension AlertWebhook {
    /// The webhook that the settings name; nil for none.
    ///
    /// - Throws: ``AlertWebhookError``, which says what to write.
    init?(_ settings: Settings) throws(AlertWebhookError) {
        guard let url = settings.alertWebhook else { return nil }
        guard let secret = settings.alertSecret else { throw .noSecret }
        try self.init(url: url, secret: Data(secret.text.utf8))
    }
}
