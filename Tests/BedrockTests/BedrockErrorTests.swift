import Bedrock
import Foundation
import HTTPTransport
import Testing

@Suite
struct BedrockErrorTests {
    @Test(
        "only a refusal before the model ran is surely not paid",
        arguments: [
            (300, true), (301, true), (307, true), (399, true), (400, true), (401, true), (402, true), (403, true),
            (404, true), (405, true), (406, true), (407, true), (409, true), (410, true), (411, true), (413, true),
            (414, true), (415, true), (421, true), (422, true), (426, true), (428, true), (429, true), (431, true),
            (451, true), (501, true), (503, false), (505, true), (511, true), (408, false), (412, false), (424, false),
            (425, false), (499, false), (500, false), (502, false), (504, false), (529, false), (418, false),
            (201, false),
        ])
    func status(status: Int, isFree: Bool) {
        #expect(BedrockError.refused(ServiceRefusal(status: status, code: "x")).wasSurelyNotPaid == isFree)
    }

    @Test(
        "a name of the service tells whether a model may have run, where the status does not",
        arguments: [
            (503, "ServiceUnavailableException", true), (503, "ThrottlingException", true),
            (503, "ServiceUnavailable", false), (503, "503", false), (503, "InternalServerException", false),
            (500, "ThrottlingException", false), (502, "ServiceUnavailableException", false),
            (504, "ThrottlingException", false), (529, "ThrottlingException", false),
            (408, "ModelTimeoutException", false), (424, "ModelErrorException", false),
            (429, "ModelNotReadyException", true), (409, "ConflictException", true),
            (400, "ModelErrorException", false), (409, "ModelTimeoutException", false),
            (429, "InternalServerException", false), (403, "ModelStreamErrorException", false),
        ])
    func name(status: Int, name: String, isFree: Bool) {
        for place in ["header", "__type", "code"] {
            let refusal = ServiceRefusal.read(
                status: status, headers: place == "header" ? ["x-amzn-errortype": "\(name):http://internal/"] : [:],
                body: Data(#"{"message":"x","\#(place)":"com.amazon.coral#\#(name)"}"#.utf8)
            ).refusal
            #expect(refusal.isSurelyNotPaid == isFree)
        }
    }

    @Test(
        "a refusal that shows a model's run may be paid, whatever its status",
        arguments: [
            ([:], #"{"generation":"You can","prompt_token_count":300}"#, true),
            ([:], #"{"message":"x","prompt_token_count" : 300}"#, true),
            ([:], #"{"generation": "You can return it."}"#, true), ([:], #"{"embedding":[0.5]}"#, true),
            ([:], #"{"message":"x","usage":{"outputTokens":12}}"#, true),
            ([:], #"an upstream said {"completion":"Yes"} after all"#, true),
            (["x-amzn-bedrock-output-token-count": "12"], "<html>", true),
            (["x-amzn-bedrock-cache-write-input-token-count": "7"], "{}", true),
            (["x-amzn-bedrock-input-token-count": "0", "x-amzn-bedrock-output-token-count": "0"], "{}", false),
            ([:], #"{"generation":"","prompt_token_count":0,"generation_token_count":0}"#, false),
            ([:], #"{"generation":null,"embedding":[],"message":"prompt_token_count: 300"}"#, false),
            // What was asked, and what a message quotes, is no answer.
            ([:], #"{"prompt":"Can I?","max_gen_len":512}"#, false),
            ([:], #"{"message":"no field \"generation\": \"x\", nor \"inputTokens\": 3"}"#, false),
            ([:], "", false),
        ] as [([String: String], String, Bool)])
    func run(headers: [String: String], body: String, shows: Bool) {
        for status in [302, 400, 401, 404, 409, 429, 501] {
            let refusal = ServiceRefusal.read(status: status, headers: headers, body: Data(body.utf8)).refusal
            #expect(refusal.isSurelyNotPaid == !shows)
        }
        let named = headers.merging(["x-amzn-errortype": "ServiceUnavailableException"]) { $1 }
        let refusal = ServiceRefusal.read(status: 503, headers: named, body: Data(body.utf8)).refusal
        #expect(refusal.isSurelyNotPaid == !shows)
    }

    @Test("a broken exchange is paid unless it was surely not sent")
    func transport() {
        let doubtful: [HTTPError] = [
            .timedOut(wasSent: true), .broken(wasSent: true, reason: ""), .cancelled(wasSent: true), .tooLarge,
        ]
        let free: [HTTPError] = [
            .timedOut(wasSent: false), .broken(wasSent: false, reason: ""), .cancelled(wasSent: false), .shutDown,
            .notConnected(reason: ""), .invalidRequest,
        ]
        #expect(doubtful.allSatisfy { !BedrockError.transport($0).wasSurelyNotPaid })
        #expect(free.allSatisfy { BedrockError.transport($0).wasSurelyNotPaid })
        #expect(BedrockError.notReserved.wasSurelyNotPaid)
        #expect(BedrockError.noCredentials(.missing(variable: "X")).wasSurelyNotPaid)
    }

    @Test(
        "the service's code is found wherever it stands, bare",
        arguments: [
            (["x-amzn-errortype": "A:http://internal/"], #"{"__type":"B"}"#, "A"),
            ([:], #"{"code":"C","__type":"B"}"#, "C"), ([:], #"{"__type":"com.x#B"}"#, "B"), ([:], "<html>", "500"),
            ([:], #"{"code":7}"#, "500"), (["x-amzn-errortype": "not a name\n"], "{}", "500"), ([:], "[]", "500"),
        ] as [([String: String], String, String)])
    func code(headers: [String: String], body: String, code: String) {
        #expect(ServiceRefusal.read(status: 500, headers: headers, body: Data(body.utf8)).refusal.code == code)
    }

    @Test("an error shows neither request nor message")
    func description() {
        let (refusal, message) = ServiceRefusal.read(
            status: 400, headers: [:], body: Data(#"{"__type":"V","message":"secret prompt"}"#.utf8))
        #expect(message == "secret prompt")
        #expect("\(BedrockError.refused(refusal))" == "Bedrock answered 400 (V)")
        #expect(!String(reflecting: BedrockError.refused(refusal)).contains("secret"))
    }
}
