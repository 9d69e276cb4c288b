import Testing

@testable import ECS

@Suite("When protection is set, renewed and removed")
struct ProtectionPlanTests {
    private let start = ContinuousClock.now

    @Test("nothing is asked for before a call")
    func idle() {
        #expect(ProtectionPlan().action(at: start) == .wait(until: nil))
    }

    @Test("it is set with the first call, renewed at half of its time, and removed some time after the last")
    func life() {
        var plan = ProtectionPlan()
        plan.set(isBusy: true, at: start)
        #expect(plan.action(at: start) == .protect)
        plan.confirmed(.protect, at: start)
        let renewal = start + .seconds(ProtectionPlan.minutes * 30)
        #expect(plan.action(at: start) == .wait(until: renewal))
        #expect(plan.action(at: renewal) == .protect)
        plan.confirmed(.protect, at: renewal)
        plan.set(isBusy: false, at: renewal)
        let end = renewal + ProtectionPlan.lingers
        #expect(plan.action(at: renewal) == .wait(until: end))
        #expect(plan.action(at: end) == .release)
        plan.confirmed(.release, at: end)
        #expect(plan.action(at: end) == .wait(until: nil))
        #expect(!plan.mayBeProtected)
    }

    @Test("calls that follow each other ask once")
    func debounced() {
        var plan = ProtectionPlan()
        plan.set(isBusy: true, at: start)
        plan.confirmed(.protect, at: start)
        var now = start
        for _ in 0..<100 {
            plan.set(isBusy: false, at: now)
            now += .seconds(1)
            #expect(plan.action(at: now) != .release)
            plan.set(isBusy: true, at: now)
            #expect(plan.action(at: now) != .protect)
        }
    }

    @Test("a failure is tried again after 1, 2, 4 ... 60 seconds, and never at once")
    func backoff() {
        var plan = ProtectionPlan()
        plan.set(isBusy: true, at: start)
        var now = start
        var waits: [Duration] = []
        for _ in 0..<8 {
            #expect(plan.action(at: now) == .protect)
            plan.failed(at: now)
            guard case .wait(let next?) = plan.action(at: now) else { return #expect(Bool(false), "no wait") }
            waits.append(next - now)
            now = next
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60].map { Duration.seconds($0) })
    }

    @Test("what was asked for in vain may be in force, so it is removed all the same")
    func doubt() {
        var plan = ProtectionPlan()
        plan.set(isBusy: true, at: start)
        plan.failed(at: start)
        #expect(plan.mayBeProtected)
        plan.set(isBusy: false, at: start)
        #expect(plan.action(at: start + .seconds(1)) == .release)
    }
}
