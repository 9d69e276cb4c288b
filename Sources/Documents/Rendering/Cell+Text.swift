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
