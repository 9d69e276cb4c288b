import FunctionKit
import FunctionTesting
import Testing

@Suite("InvocationContext")
struct InvocationContextTests {
    @Test("The invocation's id is stable over attempts")
    func invocationID() {
        let first = InvocationContext.testing(runID: "q", functionName: "rag-core", attempt: 1)
        let second = InvocationContext.testing(runID: "q", functionName: "rag-core", attempt: 2)
        #expect(first.invocationID == "q/rag-core")
        #expect(first.invocationID == second.invocationID)
    }

    @Test("Without a drain the deadline decides what is left")
    func remaining() {
        let context = InvocationContext.testing(timeout: .seconds(30))
        #expect(context.remaining <= .seconds(30))
        #expect(context.remaining > .seconds(20))
        #expect(!context.isDraining)
        #expect(InvocationContext.testing(timeout: .seconds(-1)).remaining < .zero)
    }

    @Test("A drain shortens what is left, and never prolongs it")
    func drain() {
        let signal = DrainSignal()
        let long = InvocationContext.testing(timeout: .seconds(300), drain: signal)
        let short = InvocationContext.testing(timeout: .seconds(20), drain: signal)
        signal.begin(until: .now.advanced(by: .seconds(100)))
        #expect(long.isDraining && short.isDraining)
        #expect(long.remaining <= .seconds(100))
        #expect(short.remaining <= .seconds(20))
        #expect(short.remaining > .zero)
    }

    @Test("A person's wait shortens what is left, and is no drain")
    func wait() {
        let signal = DrainSignal()
        let context = InvocationContext.testing(timeout: .seconds(300), drain: signal)
        #expect(context.personWaits == nil)
        signal.isAwaited(until: .now + .seconds(9), of: .seconds(10))
        #expect(context.remaining <= .seconds(9) && context.personWaits == .seconds(10))
        #expect(!context.isDraining && context.drainRemaining == nil)
        signal.begin(until: .now + .seconds(5))
        #expect(context.remaining <= .seconds(5))
    }

    @Test("A drain's end can only come nearer")
    func drainDeadline() {
        let signal = DrainSignal()
        let start = ProcessClock.now
        #expect(signal.deadline == nil)
        signal.begin(until: start.advanced(by: .seconds(60)))
        signal.begin(until: start.advanced(by: .seconds(90)))
        #expect(signal.deadline == start.advanced(by: .seconds(60)))
        signal.begin(until: start)
        #expect(signal.deadline == start)
        #expect(InvocationContext.testing(drain: signal).remaining <= .zero)
    }

    @Test("Paid calls are numbered from 0 in each attempt, also by copies of the context")
    func ordinals() {
        let context = InvocationContext.testing()
        let copy = context
        #expect([context.nextCallOrdinal(), copy.nextCallOrdinal(), context.nextCallOrdinal()] == [0, 1, 2])
        #expect(InvocationContext.testing(attempt: 2).nextCallOrdinal() == 0)
    }

    @Test("Calls at the same time get different numbers", .timeLimit(.minutes(1)))
    func concurrentOrdinals() async {
        let context = InvocationContext.testing()
        let ordinals = await withTaskGroup { group in
            for _ in 0..<100 { group.addTask { context.nextCallOrdinal() } }
            return await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(ordinals == Set(0..<100))
    }
}
