import Spending
import Testing

@Suite("The id of a call")
struct CallIDTests {
    @Test("is another one where its bytes are others, however alike they look")
    func bytes() {
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        #expect(composed == decomposed)
        func call(_ text: String, _ ordinal: Int = 0) -> CallID {
            CallID(questionID: text, function: "f", ordinal: ordinal, digest: "d")
        }
        #expect(call(composed) != call(decomposed))
        #expect(Set([call(composed), call(decomposed), call(composed), call(composed, 1)]).count == 3)
    }
}
