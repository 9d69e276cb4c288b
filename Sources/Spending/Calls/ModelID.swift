/// A model as it is priced: the same model has other prices elsewhere.
package struct ModelID: Sendable, Hashable, Codable {
    /// Who sells it, such as `bedrock`.
    package var provider: String
    /// Where it runs, such as `ap-south-1`.
    package var region: String
    /// Its name there, such as `meta.llama3-70b-instruct-v1:0`.
    package var model: String

    /// Makes an id.
    package init(provider: String, region: String, model: String) {
        self.provider = provider
        self.region = region
        self.model = model
    }
}
