import FoundationEssentials

/// How much a campaign does.
package enum Campaign {
    /// Whether campaigns run whole: `script/test --long`.
    package static let isLong = ProcessInfo.processInfo.environment["SLUICE_LONG"] == "1"
}
