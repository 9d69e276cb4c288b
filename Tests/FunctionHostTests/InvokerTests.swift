import FoundationEssentials
import FunctionHost
import FunctionKit
import Testing

@Suite("The invoker", .timeLimit(.minutes(1)))
struct InvokerTests {
    private let invoker = Invoker()

    private func invoke(
        timeout: Duration = .seconds(30),
        _ body: @escaping @Sendable (Scripted.Input, InvocationContext) async throws -> Scripted.Input
    ) async -> Invoker.Ending {
        let context = InvocationContext(
            questionID: "q", functionName: "work", attempt: 1, deadline: .now + timeout, tenant: nil,
            trace: TraceContext(), logger: TestHost.logger, drain: DrainSignal())
        return await invoker.invoke(
            AnyFunction(Scripted(body: body)), Data(#"{"text":"x"}"#.utf8), context: context)
    }

    @Test("an output and an error come back")
    func endings() async {
        guard case .output(let data) = await invoke({ input, _ in input }) else {
            Issue.record("no output")
            return
        }
        #expect(String(decoding: data, as: UTF8.self) == #"{"text":"x"}"#)
        guard case .failed(let error) = await invoke({ _, _ in throw Glitch() }) else {
            Issue.record("no error")
            return
        }
        #expect(error is Glitch)
    }

    @Test("a function that minds its cancellation is timed out and leaves nothing behind")
    func cooperative() async {
        let ending = await invoke(timeout: .milliseconds(20)) { input, _ in
            try await Task.sleep(for: .seconds(600))
            return input
        }
        guard case .timedOut = ending else {
            Issue.record("not timed out")
            return
        }
        #expect(invoker.leftBehind == 0)
    }

    @Test("a function that ignores its cancellation is left behind and counted until it ends")
    func leftBehind() async {
        let release = Latch()
        let ending = await invoke(timeout: .milliseconds(20)) { input, _ in
            await release.wait()
            return input
        }
        guard case .timedOut = ending else {
            Issue.record("not timed out")
            return
        }
        #expect(invoker.leftBehind == 1)
        // The wait has an end of its own.
        await invoker.waitForAll(until: .now)
        #expect(invoker.leftBehind == 1)
        release.open()
        await invoker.waitForAll(until: .now + .seconds(30))
        #expect(invoker.leftBehind == 0)
    }

    @Test("cutting short ends what is under way and what comes later")
    func cutShort() async {
        let started = Latch()
        let release = Latch()
        async let first = invoke { input, _ in
            started.open()
            await release.wait()
            return input
        }
        await started.wait()
        invoker.cutShort()
        guard case .cutShort = await first else {
            Issue.record("not cut short")
            return
        }
        let second = await invoke { input, _ in
            await release.wait()
            return input
        }
        guard case .cutShort = second else {
            Issue.record("the later one was not cut short")
            return
        }
        release.open()
    }
}
