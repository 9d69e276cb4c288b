/// The words of a text that carry its meaning, in a form that does not depend on their endings.
enum Terms {
    private static let stopWords = Set(
        """
        a about after all also am an and any are as at be because been before being but by can cannot could did do \
        does doing done for from get gets getting give given go got had has have having he her him his how i if in \
        into is it its just know like may me might mr my need no not now of on one only or our out please said same \
        say says shall she should so some such take tell than that the their them then there these they this those \
        time to told too under up us use very want wants was way we well were what when where whether which while \
        who whom whose why will with within without would yes yet you your
        """.split(separator: " ").map { String($0) })

    /// The terms of a text, each once.
    ///
    /// A term is a word in lower case without a common ending, cut to six letters: *refunds*, *refunded* and *refund*
    /// are one, and so are *complain* and *complaint*.
    static func of(_ text: String) -> Set<String> {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }.map { String($0) }
        return Set(words.filter { $0.count > 1 && !stopWords.contains($0) }.map(stem))
    }

    private static func stem(_ word: String) -> String {
        var stem = word[...]
        for ending in ["ings", "ing", "ies", "ed", "es", "s"] where stem.count - ending.count >= 4 {
            if stem.hasSuffix(ending) {
                stem = stem.dropLast(ending.count)
                break
            }
        }
        if stem.count > 4, stem.last == "e" || stem.last == "y" { stem = stem.dropLast() }
        return String(stem.prefix(6))
    }
}
