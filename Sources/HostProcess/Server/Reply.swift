import FoundationEssentials
import Hummingbird
import NIOCore

/// An answer with its type; JSON unless it says otherwise.
struct Reply: ResponseGenerator {
    var status: HTTPResponse.Status
    var headers: HTTPFields = [.contentType: "application/json"]
    var body: Data

    init(_ status: HTTPResponse.Status, json: Data) {
        self.status = status
        body = json
    }

    init(_ status: HTTPResponse.Status, _ facts: [String: String]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts alone always encode.
        self.init(status, json: (try? encoder.encode(facts)) ?? Data("{}".utf8))
    }

    init(_ status: HTTPResponse.Status, text: String, type: String) {
        self.init(status, json: Data(text.utf8))
        headers[.contentType] = type
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
