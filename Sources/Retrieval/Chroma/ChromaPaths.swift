/// Where things are in one of Chroma's APIs.
struct ChromaPaths {
    let api: ChromaAPI
    let tenant: String
    let database: String

    init(_ api: ChromaAPI, _ configuration: ChromaConfiguration) {
        self.api = api
        tenant = Self.escaped(configuration.tenant)
        database = Self.escaped(configuration.database)
    }

    /// Where the server says its version.
    var version: String { "/api/\(api)/version" }

    /// The database.
    var databaseItself: String {
        switch api {
        case .v1: "/api/v1/databases/\(database)?tenant=\(tenant)"
        case .v2: "/api/v2/tenants/\(tenant)/databases/\(database)"
        }
    }

    /// All collections of the database.
    var collections: String { collections("") }

    /// One collection: by its id to work on it, by its name to look it up.
    func collection(_ idOrName: String, _ action: String = "") -> String {
        collections("/\(Self.escaped(idOrName))\(action)")
    }

    private func collections(_ rest: String) -> String {
        switch api {
        case .v1: "/api/v1/collections\(rest)?tenant=\(tenant)&database=\(database)"
        case .v2: "/api/v2/tenants/\(tenant)/databases/\(database)/collections\(rest)"
        }
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
