import FoundationEssentials
import FunctionHost
import FunctionKit
import TestSupport
import Testing

@Suite("The invoker", .timeLimit(.minutes(1)))
struct InvokerTests {
    private let invoker = Invoker()

    private func invoke(
        timeout: Duration = .seconds(30),
        _ body: @escaping @Sendable (Scripted.Input, InvocationContext) async throws -> Scripted.Input
    ) async -> Invoker.Ending {
        let context = InvocationContext(
            runID: "q", functionName: "work", attempt: 1, deadline: .now + timeout, tenant: nil,
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

    @Test("each invocation's own limit holds, whichever began first")
    func limits() async {
        let started = Latch()
        let release = Latch()
        async let first = invoke { input, _ in
            started.open()
            await release.wait()
            return input
        }
        await started.wait()
        for timeout in [Duration.milliseconds(20), .milliseconds(200)] {
            let ending = await invoke(timeout: timeout) { input, _ in
                try await Task.sleep(for: .seconds(600))
                return input
            }
            guard case .timedOut = ending else {
                Issue.record("not timed out")
                return
            }
        }
        release.open()
        guard case .output = await first else {
            Issue.record("the first one was not left alone")
            return
        }
    }

    @Test("a limit holds for what begins after a wait that ended before all had")
    func limitAfterWait() async {
        let started = Latch()
        let release = Latch()
        async let first = invoke(timeout: .milliseconds(200)) { input, _ in
            started.open()
            await release.wait()
            return input
        }
        await started.wait()
        await invoker.waitForAll(until: .now)
        let second = await invoke(timeout: .milliseconds(300)) { input, _ in
            try await Task.sleep(for: .seconds(600))
            return input
        }
        guard case .timedOut = second, case .timedOut = await first else {
            Issue.record("not timed out")
            return
        }
        release.open()
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
