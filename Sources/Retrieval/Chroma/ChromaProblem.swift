import FoundationEssentials

/// The body of an answer that is an error, in the words of either version.
///
///     {"error":"InvalidCollection","message":"Collection wire does not exist."}
///     {"detail":"Embedding dimension 2 does not match collection dimensionality 3"}
struct ChromaProblem {
    private struct Body: Decodable {
        var error: String?
        var message: String?
        var detail: String?
    }

    private let body: Body

    init(_ data: Data) {
        // Proxies answer in formats of their own, and then there is nothing to tell.
        body = (try? JSONDecoder().decode(Body.self, from: data)) ?? Body()
    }

    private var text: String { body.message ?? body.detail ?? body.error ?? "" }

    /// The server's name for it, where that is a plain name.
    var code: String {
        guard let error = body.error, !error.isEmpty, error.count <= 60, error.allSatisfy({ $0.isASCII && $0.isLetter })
        else { return "unnamed" }
        return error
    }

    /// The server has no such path.
    var isUnknownPath: Bool { body.error == nil }

    var isOtherDimension: Bool { text.contains("dimension") }

    var isNoCollection: Bool { text.hasPrefix("Collection") && text.contains("does not exist") }

    var isNoDatabase: Bool { (text.contains("atabase") || text.contains("enant")) && text.contains("not") }
}
