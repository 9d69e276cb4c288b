import Bedrock
import FoundationEssentials
import FunctionKit
import Logging
import Messaging
import Spending
import Testing

@testable import Composition
@testable import HostProcess

@Suite("What a host and its ledger must agree on", .timeLimit(.minutes(1)))
struct StoreWatchTests {
    private static func budget(_ limit: Int64) -> Budget {
        Budget(
            name: "daily", limit: Money(nanoUSD: limit),
            rule: PeriodRule(length: .day, timeZone: .gmt, turnsAtMinute: 0), exhausted: .reject)
    }

    private static func watch(_ ledger: any SpendLedger, limit: Int64 = 100) -> (CostGovernor, StoreWatch) {
        let governor = CostGovernor(ledger: ledger, prices: PriceBook([]), budgets: [budget(limit)])
        return (
            governor,
            StoreWatch(
                governor: governor, history: nil, file: DataFile(folder: nil), calls: CallWatch(),
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        )
    }

    private static func report(_ watch: StoreWatch) async -> Readiness.Report {
        await Readiness(drain: DrainSignal(), broker: InMemoryBroker(), looks: [:], watch: watch).check()
    }

    @Test("is the time, to a minute", arguments: [0.0, 59, -59, 61, -61, 8_640_000])
    func clock(seconds: Double) async throws {
        let (_, watch) = Self.watch(InMemoryLedger(now: { Date.now.addingTimeInterval(seconds) }))
        #expect(await Self.report(watch).isReady)
        await watch.look()
        let report = await Self.report(watch)
        #expect(report.isReady == (abs(seconds) < 60))
        if !report.isReady {
            let side = seconds > 0 ? "behind" : "ahead of"
            #expect(report.facts["clock"]?.contains("s \(side) the ledger's") == true)
        }
        #expect(abs((watch.offsets.first?.seconds ?? .infinity) + seconds) < 1)
    }

    @Test("is the limits, of which a host that is ready says that its own are stale")
    func limits() async throws {
        let ledger = InMemoryLedger()
        let (governor, watch) = Self.watch(ledger)
        try await governor.open()
        await watch.look()
        #expect(watch.limitsProblem == nil)
        try await Self.watch(ledger.anotherOwner(), limit: 50).0.open()
        await watch.look()
        let report = await Self.report(watch)
        #expect(report.isReady && report.facts["limits"]?.contains("sluice budget apply") == true)
        try await governor.apply(by: "owner", reason: "a test")
        await watch.look()
        #expect(await Self.report(watch).facts["limits"] == nil)
    }
}
