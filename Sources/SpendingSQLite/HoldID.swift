/// What a hold is called outside the tables: the number of its `reserve` entry, and a mark that no other hold ever has.
///
/// Numbers come again after an older copy of the file was put back, and one host's answer would end another's hold; marks
/// do not. Holds of before have none.
struct HoldID: Sendable, Hashable {
    /// Its row in the tables.
    let number: Int64
    /// 16 hexadecimal digits, drawn at random; nil in ledgers from before there were marks.
    let mark: String?

    /// A new hold's name.
    init(number: Int64) {
        self.number = number
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        mark = String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Reads the columns of a row.
    init(number: Int64, mark: String?) {
        self.number = number
        self.mark = mark
    }

    /// Reads a name such as `57-9f3a1c2e08b4d6f1`, or `57`; nil for any other text.
    init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = parts.first.flatMap({ Int64($0) }) else { return nil }
        self.number = number
        mark = parts.count > 1 ? String(parts[1]) : nil
    }
}

extension HoldID: CustomStringConvertible {
    /// The name, as journals and the services' logs show it.
    var description: String { mark.map { "\(number)-\($0)" } ?? "\(number)" }
}
