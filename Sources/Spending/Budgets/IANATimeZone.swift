package import Foundation
import StrictYAML

/// Time zones as people name them in files and options.
package enum IANATimeZone {
    /// The zone of an IANA name such as `Asia/Kolkata`; nil for any other word.
    ///
    /// Abbreviations and offsets are no zones: `IST` is three of them, and `GMT+5:30` has no rules.
    package static func named(_ name: String) -> TimeZone? {
        guard isName(name) else { return nil }
        return TimeZone(identifier: name)
    }

    /// The name that was most likely meant by a word that names none: also the one of a city.
    package static func nearestName(to word: String) -> String? {
        // The system's list has some zones under their older names only.
        let names =
            [
                "UTC", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Yangon", "Asia/Ho_Chi_Minh", "Europe/Kyiv",
            ] + TimeZone.knownTimeZoneIdentifiers
        // What is one of these words for nobody's zone is no town's name written wrongly.
        if utcWords.contains(word.lowercased()) { return "UTC" }
        let known = names.filter(isName)
        let city = known.first { $0.split(separator: "/").last?.lowercased() == word.lowercased() }
        return city ?? nearest(to: word, among: known)
    }

    /// Whether a word is written as a zone's name is: ``named(_:)`` takes no other.
    private static func isName(_ word: String) -> Bool { word.contains("/") || word == "UTC" }

    /// Other words for UTC.
    private static let utcWords: Set = [
        "gmt", "ut", "uct", "z", "zulu", "greenwich", "universal", "gmt0", "gmt+0", "gmt-0",
    ]
}

extension TimeZone {
    /// Its name as ``IANATimeZone/named(_:)`` takes it: Foundation gives back `UTC` as `GMT`.
    package var ianaName: String { identifier == "GMT" ? "UTC" : identifier }
}
