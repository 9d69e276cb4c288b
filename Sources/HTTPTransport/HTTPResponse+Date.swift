import CivilTime
package import FoundationEssentials

extension HTTPResponse {
    /// What time it was by the server's clock, by its `Date` header (RFC 9110, section 6.6.1), which has whole seconds; nil
    /// where it does not say.
    package var date: Date? { headers["date"].flatMap(httpDate) }
}
