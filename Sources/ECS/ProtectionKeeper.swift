package import CoreMetrics
package import Logging
import ServiceLifecycle

/// Keeps the task protected while paid calls are under way, beside them: no call ever waits for ECS.
package struct ProtectionKeeper<C: Clock>: Service where C.Instant == ContinuousClock.Instant {
    /// How long the end of the process waits for the protection to be removed.
    private static var lastRequest: Duration { .seconds(2) }
    private static var requestTimeout: Duration { .seconds(5) }

    private let protection: TaskProtection
    private let changes: AsyncStream<Bool>
    private let metrics: any MetricsFactory
    private let clock: C
    private let logger: Logger

    /// Makes a keeper.
    ///
    /// - Parameters:
    ///   - protection: Asks ECS.
    ///   - changes: Whether paid calls are under way, at each change; may leave out all but the last.
    ///   - metrics: Gets `ecs.task_protected`.
    ///   - clock: Says when the protection is renewed.
    ///   - logger: Gets one line when ECS begins to refuse, and one when it is over.
    package init(
        protection: TaskProtection, changes: AsyncStream<Bool>, metrics: any MetricsFactory,
        clock: C = ContinuousClock(), logger: Logger
    ) {
        self.protection = protection
        self.changes = changes
        self.metrics = metrics
        self.clock = clock
        self.logger = logger
    }

    /// Works until graceful shutdown, which is after the drain, and removes the protection then.
    package func run() async {
        let (events, feed) = AsyncStream.makeStream(of: Event.self)
        var plan = ProtectionPlan()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await isBusy in changes { feed.yield(.change(isBusy: isBusy)) } }
            group.addTask {
                try? await gracefulShutdown()
                feed.yield(.end)
            }
            var timer: ContinuousClock.Instant?
            for await event in events {
                if case .end = event { break }
                if case .change(let isBusy) = event { plan.set(isBusy: isBusy, at: clock.now) }
                guard let instant = await act(&plan), timer.map({ $0 <= clock.now || instant < $0 }) ?? true else {
                    continue
                }
                timer = instant
                group.addTask {
                    try? await clock.sleep(until: instant, tolerance: nil)
                    feed.yield(.tick)
                }
            }
            group.cancelAll()
        }
        guard plan.mayBeProtected else { return }
        // Nothing is left to protect. A task of its own, since this one may be cancelled; awaited here.
        let failure = await Task { await ask(.release, timeout: Self.lastRequest) }.value
        note(.release, failure, &plan)
    }

    private enum Event {
        case change(isBusy: Bool)
        case tick
        case end
    }

    /// Does what is due; returns when to look again.
    private func act(_ plan: inout ProtectionPlan) async -> ContinuousClock.Instant? {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let action = plan.action(at: clock.now)
            if case .wait(let instant) = action { return instant }
            // The end does not wait for an agent that does not answer.
            let failure = await cancelWhenGracefulShutdown { await ask(action, timeout: Self.requestTimeout) }
            note(action, failure, &plan)
        }
        return nil
    }

    /// Asks ECS; returns why it was in vain.
    private func ask(_ action: ProtectionPlan.Action, timeout: Duration) async -> TaskProtectionError? {
        do throws(TaskProtectionError) {
            try await protection.set(minutes: action == .protect ? ProtectionPlan.minutes : nil, timeout: timeout)
            return nil
        } catch {
            return error
        }
    }

    private func note(_ action: ProtectionPlan.Action, _ failure: TaskProtectionError?, _ plan: inout ProtectionPlan) {
        if let failure {
            // Told once, and not where the end of the process cut it off.
            if !plan.isFailing, !Task.isShuttingDownGracefully {
                logger.warning("task protection cannot be changed", metadata: ["error": "\(failure)"])
            }
            plan.failed(at: clock.now)
        } else {
            if plan.isFailing { logger.notice("task protection works again") }
            plan.confirmed(action, at: clock.now)
            Meter(label: "ecs.task_protected", factory: metrics).set(action == .protect ? 1 : 0)
        }
    }
}
