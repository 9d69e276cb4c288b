import FunctionHost
import Messaging
import Synchronization
import Testing

@Suite("A host that may not publish", .timeLimit(.minutes(1)))
struct MayNotPublishTests {
    @Test("takes nothing that it could only give back")
    func takesNothing() async throws {
        let calls = Mutex(0)
        let test = try TestHost([
            registered { input, _ in
                calls.withLock { $0 += 1 }
                return input
            }
        ])
        try await test.run { _ in
            try await test.send("before")
            await test.broker.acknowledgement(of: "before", in: "sluice.work")
            test.broker.set(.mayNotPublish(reason: "no right"))
            try await test.send("q")
            // Its consumer was there already, and lets go of it.
            _ = await test.broker.event { $0.text == "hand back q of sluice.work" }
            #expect(calls.withLock { $0 } == 1)
            test.broker.set(.ready)
            await test.broker.acknowledgement(of: "q", in: "sluice.work.alone")
        }
        #expect(calls.withLock { $0 } == 2)
    }
}
