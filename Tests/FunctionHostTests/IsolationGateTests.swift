import FunctionHost
import Synchronization
import TestSupport
import Testing

@Suite("The isolation gate", .timeLimit(.minutes(1)))
struct IsolationGateTests {
    @Test("those of the shared mode are inside together")
    func together() async {
        let gate = IsolationGate()
        let count = Mutex(0)
        let all = Latch()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask { @Sendable in
                    _ = await gate.pass(.shared) {
                        // Passes only once all three are inside.
                        if count.withLock({ count in
                            count += 1
                            return count == 3
                        }) {
                            all.open()
                        }
                        await all.wait()
                    }
                }
            }
        }
        #expect(count.withLock { $0 } == 3)
    }

    @Test("who is cancelled while waiting never enters, and lets those behind pass")
    func cancelled() async {
        let gate = IsolationGate()
        let release = Latch()
        let entered = Latch()
        async let first: Void? = gate.pass(.shared) {
            entered.open()
            await release.wait()
        }
        await entered.wait()
        let waiting = Task { await gate.pass(.alone) { true } }
        waiting.cancel()
        #expect(await waiting.value == nil)
        // Whoever was cancelled is not in the way.
        #expect(await gate.pass(.shared) { true } == true)
        release.open()
        _ = await first
        #expect(await gate.pass(.alone) { true } == true)
    }

    @Test("a closed gate sends away who waits and who comes, and lets finish who is inside")
    func closed() async {
        let gate = IsolationGate()
        let release = Latch()
        let entered = Latch()
        async let first: Bool? = gate.pass(.shared) {
            entered.open()
            await release.wait()
            return true
        }
        await entered.wait()
        async let waiting: Bool? = gate.pass(.alone) { true }
        gate.close()
        #expect(await waiting == nil)
        #expect(await gate.pass(.shared) { true } == nil)
        release.open()
        #expect(await first == true)
    }

    @Test("alone is alone under random schedules with cancellation, and everybody else gets in", arguments: 0..<20)
    func schedules(seed: UInt64) async {
        var generator = SeededGenerator(seed: seed)
        let gate = IsolationGate()
        let inside = Mutex((shared: 0, alone: 0, broken: 0))
        var tasks: [(task: Task<Bool, Never>, isCancelled: Bool)] = []
        for _ in 0..<200 {
            let isAlone = Int.random(in: 0..<4, using: &generator) == 0
            let yields = Int.random(in: 0..<4, using: &generator)
            let task = Task { @Sendable () async -> Bool in
                await gate.pass(isAlone ? .alone : .shared) {
                    inside.withLock { inside in
                        if isAlone { inside.alone += 1 } else { inside.shared += 1 }
                        if inside.alone > 1 || inside.alone == 1 && inside.shared > 0 { inside.broken += 1 }
                    }
                    for _ in 0..<yields { await Task.yield() }
                    inside.withLock { inside in
                        if isAlone { inside.alone -= 1 } else { inside.shared -= 1 }
                    }
                    return true
                } ?? false
            }
            let isCancelled = Int.random(in: 0..<3, using: &generator) == 0
            if isCancelled { task.cancel() }
            tasks.append((task, isCancelled))
        }
        for (task, isCancelled) in tasks {
            let hasPassed = await task.value
            if !isCancelled { #expect(hasPassed) }
        }
        #expect(inside.withLock { [$0.shared, $0.alone, $0.broken] } == [0, 0, 0])
    }
}
