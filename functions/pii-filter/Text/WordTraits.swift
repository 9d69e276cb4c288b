/// What is known of a word, wherever it stands.
struct WordTraits: OptionSet, Sendable {
    let rawValue: UInt16

    /// May stand between a cue and its number.
    static let filler = WordTraits(rawValue: 1)
    /// A well-known given name or surname.
    static let name = WordTraits(rawValue: 2)
    /// No part of a person's name.
    static let noName = WordTraits(rawValue: 4)
    /// Makes the name before it a company's or a place's.
    static let organisation = WordTraits(rawValue: 8)
    /// A form of address, such as "Mr".
    static let title = WordTraits(rawValue: 16)
    /// The last word of a letter's closing.
    static let closing = WordTraits(rawValue: 32)
    /// A role that a person's name may follow.
    static let role = WordTraits(rawValue: 64)
    /// A word that a known name may follow, and much else.
    static let opening = WordTraits(rawValue: 128)
    /// The last word of another cue for a name.
    static let nameLead = WordTraits(rawValue: 256)
    /// The last word of a cue for an address.
    static let addressLead = WordTraits(rawValue: 512)
    /// Ends an address, in small letters.
    static let addressStop = WordTraits(rawValue: 1024)
    /// Begins an address, with a number behind it.
    static let house = WordTraits(rawValue: 2048)

    /// The traits and the cue of a word in small letters: one look-up a word, as a text has more than a thousand.
    static func of(_ word: String) -> (traits: WordTraits, cue: Cue?) { words[word] ?? ([], nil) }

    private static let words: [String: (traits: WordTraits, cue: Cue?)] = {
        var words: [String: (traits: WordTraits, cue: Cue?)] = [:]
        let lists: [(WordTraits, String)] = [
            (.filler, Cue.fillers), (.name, NameLexicon.names), ([.noName, .organisation], NameLexicon.organisations),
            (.noName, NameLexicon.others), ([.title, .noName], NameCue.titles), (.closing, NameCue.closings),
            (.role, NameCue.roles), (.opening, NameCue.openings), (.nameLead, NameCue.leads),
            (.addressLead, AddressDetector.leads), (.addressStop, AddressDetector.stops),
            (.house, AddressDetector.houses),
        ]
        for (traits, list) in lists {
            for word in list.split(whereSeparator: \.isWhitespace) {
                words[String(word), default: ([], nil)].traits.formUnion(traits)
            }
        }
        for (cue, list) in Cue.lists {
            for word in list.split(whereSeparator: \.isWhitespace) {
                let known = words[String(word)] ?? ([], nil)
                words[String(word)] = (known.traits, known.cue ?? cue)
            }
        }
        return words
    }()
}
