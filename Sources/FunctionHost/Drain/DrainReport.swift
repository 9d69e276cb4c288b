/// How a host ended.
package struct DrainReport: Sendable, Hashable {
    /// Deliveries that were dealt with since the drain began.
    package var finished: Int
    /// Deliveries that were given back since the drain began.
    package var handedBack: Int
    /// Reservations that were released unused since the drain began.
    package var reservationsReleased: Int
    /// How long the drain took.
    package var took: Duration
}
