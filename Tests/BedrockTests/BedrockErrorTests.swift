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
            (451, true), (501, true), (503, true), (505, true), (511, true), (408, false), (412, false), (424, false),
            (425, false), (499, false), (500, false), (502, false), (504, false), (529, false), (418, false),
            (201, false),
        ])
    func status(status: Int, isFree: Bool) {
        #expect(BedrockError.refused(ServiceRefusal(status: status, code: "x")).wasSurelyNotPaid == isFree)
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
