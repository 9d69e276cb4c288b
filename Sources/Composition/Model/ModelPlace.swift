/// Where models are asked.
package enum ModelPlace: Sendable {
    /// At an address.
    case endpoint(String)
    /// In this process, which plays them.
    case standIn(any ModelStandIn)
}
