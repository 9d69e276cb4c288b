import Spending
import Testing

@Suite("The name of a hold")
struct HoldIDTests {
    @Test("is read as it was written", arguments: ["57", "57-9f3a1c2e08b4d6f1", "1824733106176001"])
    func reading(_ text: String) throws {
        #expect(try #require(HoldID(text)).description == text)
    }

    @Test("is no text that no ledger gives", arguments: ["", "a", "a-1", "+7", "007", "7 ", "-"])
    func others(_ text: String) {
        #expect(HoldID(text) == nil)
    }
}
