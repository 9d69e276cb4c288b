/// Where models are asked.
enum ModelPlace: Sendable {
    /// At an address.
    case endpoint(String)
    /// In this process, which plays them.
    case standIn(any ModelStandIn)
}
