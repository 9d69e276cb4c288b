/// What is asked where the settings name no endpoint.
package enum DefaultModel: Sendable {
    /// Something in this process that plays the model.
    case standIn(any ModelStandIn)
    /// Bedrock in the region that the manifest names.
    case regional
}
