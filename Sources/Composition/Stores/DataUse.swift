/// What a data folder is opened for.
package enum DataUse: Sendable {
    /// To begin or go on: what is missing is made.
    case making
    /// To change what is there: it must be.
    case changing
    /// To look: it must be there, nothing is made or changed, and nobody who writes is waited for.
    case reading
}
