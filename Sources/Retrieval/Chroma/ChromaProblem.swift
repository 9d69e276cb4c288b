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
    private let whole: String

    init(_ data: Data) {
        whole = String(decoding: data, as: UTF8.self)
        // Proxies answer in formats of their own, and then there is nothing to tell.
        body = (try? JSONDecoder().decode(Body.self, from: data)) ?? Body()
    }

    private var text: String { body.message ?? body.detail ?? body.error ?? "" }

    /// The server's name for it, where that is a plain name.
    var code: String {
        guard let error = body.error, !error.isEmpty, error.count <= 60, error.allSatisfy({ $0.isASCII && $0.isLetter })
        else { return ChromaError.unnamed }
        return error
    }

    /// The server has no such path.
    var isUnknownPath: Bool { body.error == nil }

    /// It had no memory to read the call with, or to do it.
    ///
    /// 0.5.23 says 400 then, of a call that is in order: that the request is invalid, that its body cannot be parsed, or
    /// that there is not enough memory to parse it. The newest ends.
    var isOutOfMemory: Bool {
        let said = whole.lowercased()
        return ["invalid http request", "error parsing the body", "not enough memory", "unable to allocate"]
            .contains(where: said.contains)
    }

    /// The account's share of it is used up for now, in whichever status that is said: each question would meet that.
    var isOverShare: Bool {
        let said = text.lowercased()
        return [
            "quota", "rate limit", "rate exceeded", "throttl", "too many requests", "try again later", "overloaded",
        ]
        .contains(where: said.contains)
    }

    var isOtherDimension: Bool { text.contains("dimension") }

    var isNoCollection: Bool { text.hasPrefix("Collection") && text.contains("does not exist") }

    var isNoDatabase: Bool { (text.contains("atabase") || text.contains("enant")) && text.contains("not") }
}
