import FunctionTesting
import Testing

@testable import OwnFunctions

@Test func shouts() async {
    await withFunction(Shout()) { shout in
        let hello = await shout.invoke(#"{"text": "hello"}"#)
        #expect(hello.json == #"{"text":"HELLO"}"#)
        let empty = await shout.invoke(#"{"text": ""}"#)
        #expect(empty.code == "permanent")
    }
}

@Test func summarisesOnce() async {
    let model = InMemoryLanguageModel("A summary.")
    await withFunction(Summarise(model: model)) { summarise in
        let outcome = await summarise.invoke(#"{"text": "Many words."}"#)
        #expect(outcome.output?.summary == "A summary.")
        #expect(outcome.calls.count == 1 && outcome.costNanoUSD == 402_000 && outcome.logLines.isEmpty)
        let again = await summarise.invoke(#"{"text": "Many words."}"#, attempt: 2)
        #expect(again.calls.isEmpty)
    }
}
