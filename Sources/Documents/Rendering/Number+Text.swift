import Foundation

extension Double {
    /// With so many decimals, rounded: `37.4`.
    package func decimal(_ places: Int) -> String {
        String(format: "%.\(places)f", self)
    }
}

extension Int {
    /// With commas between thousands: `1,234,567`.
    package var grouped: String {
        let digits = String(magnitude)
        let head = digits.count % 3
        let groups = stride(from: head, to: digits.count, by: 3).map { offset in
            String(digits.dropFirst(offset).prefix(3))
        }
        return (self < 0 ? "-" : "") + ((head > 0 ? [String(digits.prefix(head))] : []) + groups).joined(separator: ",")
    }

    /// The number with its noun: `1 call`, `2 calls`.
    package func counted(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}
