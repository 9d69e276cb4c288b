import Foundation
import Spending

extension Cell {
    /// As programs read it: amounts as decimal strings, instants in UTC.
    var plainText: String {
        switch self {
        case .none, .bar: ""
        case .text(let text): text
        case .money(let amount), .about(let amount): amount.description
        case .count(let count): String(count)
        case .percent(let percent): Self.written(percent)
        case .instant(let instant): instant.formatted(.iso8601)
        }
    }

    /// As people read it: instants by a zone's wall clock, amounts with at least so many decimals, so that a column of them
    /// lines up.
    func text(timeZone: TimeZone, decimals: Int = 2) -> String {
        switch self {
        case .none: "-"
        case .text(let text): TerminalText.clean(text)
        case .money(let amount): amount.dollars(decimals: decimals)
        // Something is not nothing.
        case .about(let amount) where amount > .zero && amount < .visible: "<$0.0001"
        case .about(let amount): amount.rounded.dollars(decimals: decimals)
        case .count(let count): count.grouped
        case .percent(let percent): "\(Self.written(percent)) %"
        case .instant(let instant): instant.wallClock(timeZone)
        case .bar: ""
        }
    }

    /// Rounded down: nothing that is not full reads as full.
    private static func written(_ percent: Double) -> String { ((percent * 10).rounded(.down) / 10).decimal(1) }

    /// How many decimals an amount needs; nil for other cells.
    var decimals: Int? {
        let shown: Money
        switch self {
        case .money(let amount): shown = amount
        case .about(let amount): shown = amount.rounded
        default: return nil
        }
        return shown.description.split(separator: ".").last?.count
    }
}

extension Money {
    /// With its sign, commas between thousands and at least so many decimals: `$0.0069`, `-$1,234.50`.
    func dollars(decimals: Int = 2) -> String {
        let digits = description.drop { $0 == "-" }.split(separator: ".")
        let (whole, fraction) = (digits.first.flatMap { Int($0) } ?? 0, digits.last ?? "")
        let padding = String(repeating: "0", count: max(0, decimals - fraction.count))
        return "\(nanoUSD < 0 ? "-" : "")$\(whole.grouped).\(fraction)\(padding)"
    }

    /// The least that is not rounded to nothing.
    static let visible = Money(nanoUSD: 50_000)
}

extension Double {
    /// With so many decimals, rounded: `37.4`.
    func decimal(_ places: Int) -> String {
        String(format: "%.\(places)f", self)
    }
}

extension Int {
    /// With commas between thousands: `1,234,567`.
    var grouped: String {
        let digits = String(magnitude)
        let head = digits.count % 3
        let groups = stride(from: head, to: digits.count, by: 3).map { offset in
            String(digits.dropFirst(offset).prefix(3))
        }
        return (self < 0 ? "-" : "") + ((head > 0 ? [String(digits.prefix(head))] : []) + groups).joined(separator: ",")
    }
}
