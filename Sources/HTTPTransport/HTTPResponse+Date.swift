import CCurl
package import FoundationEssentials

extension HTTPResponse {
    /// What time it was by the server's clock, by its `Date` header (RFC 9110, section 5.6.7), which has whole seconds; nil
    /// where it does not say.
    package var date: Date? {
        guard let text = headers["date"] else { return nil }
        let seconds = unsafe curl_getdate(text, nil)
        return seconds == -1 ? nil : Date(timeIntervalSince1970: Double(seconds))
    }
}
