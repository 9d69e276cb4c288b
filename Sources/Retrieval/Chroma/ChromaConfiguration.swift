/// Where a collection of passages is in Chroma, and how patient its client is.
package struct ChromaConfiguration: Sendable, Hashable {
    /// Such as `http://127.0.0.1:8000`, without a slash at its end.
    package var url: String
    /// Who owns the database.
    package var tenant: String
    /// Where the collection is.
    package var database: String
    /// The collection's name.
    package var collection: String
    /// What the server wants to see before it answers; nil where it asks for nothing.
    package var token: String?
    /// The longest that one attempt of a call may take.
    package var attemptTimeout: Duration
    /// The APIs to try, in this order.
    var apis: [ChromaAPI] = [.v2, .v1]

    /// Makes a configuration; the defaults are Chroma's own.
    package init(
        url: String, tenant: String = "default_tenant", database: String = "default_database",
        collection: String = "passages", token: String? = nil, attemptTimeout: Duration = .seconds(5)
    ) {
        self.url = String(url.reversed().drop { $0 == "/" }.reversed())
        self.tenant = tenant
        self.database = database
        self.collection = collection
        self.token = token
        self.attemptTimeout = attemptTimeout
    }
}
