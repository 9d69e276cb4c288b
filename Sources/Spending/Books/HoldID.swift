/// What a hold is called: the number of its `reserve` entry and, where the ledger's numbers may come again, a mark that no
/// other hold ever has.
///
/// The numbers of a file come again after an older copy of it was put back, and one host's answer would end another's hold;
/// marks do not.
package struct HoldID: Sendable, Hashable {
    /// The number of its `reserve` entry.
    package let number: Int64
    /// 16 hexadecimal digits, drawn at random; nil in ledgers whose numbers do not come again, and in files from before
    /// there were marks.
    package let mark: String?

    /// Reads the columns of a row.
    package init(number: Int64, mark: String? = nil) {
        self.number = number
        self.mark = mark
    }

    /// A new hold's name, with a mark.
    static func marked(number: Int64) -> HoldID {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return HoldID(number: number, mark: String(repeating: "0", count: 16 - digits.count) + digits)
    }
}

extension HoldID: LosslessStringConvertible {
    /// Reads a name such as `57-9f3a1c2e08b4d6f1`, or `57`; nil for any other text.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = parts.first.flatMap({ Int64($0) }) else { return nil }
        self.number = number
        mark = parts.count > 1 ? String(parts[1]) : nil
        // `+7` and `007` are no names that a ledger gives.
        guard description == text else { return nil }
    }

    /// The name, as journals and the services' logs show it.
    package var description: String { mark.map { "\(number)-\($0)" } ?? "\(number)" }
}
