import CivilTime
package import FoundationEssentials

/// Quarters of an hour, counted from 1970.
package enum SpendQuarter {
    /// How long one is.
    package static let seconds: Int64 = 900

    /// The number of the quarter that an instant belongs to.
    package static func number(_ instant: Date) -> Int64 {
        // The clamp is some 30,000 years wide.
        let second = Int(max(-1e12, min(1e12, (instant.timeIntervalSince1970 + 0.000_01).rounded(.down))))
        return Int64(floorDivide(second, Int(seconds)))
    }

    /// The first instant of a quarter.
    package static func start(_ number: Int64) -> Date {
        Date(timeIntervalSince1970: Double(number) * Double(seconds))
    }
}
