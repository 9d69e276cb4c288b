import Foundation
import FunctionKit
import Spending
import TestSupport
import Testing

@Suite("The comparison of random journals and logs")
struct ReconciliationPropertyTests {
    /// A journal and a log of one truth, but for what was put in, which is found under the names of the calls.
    private struct World {
        var journal = JournalBuilder()
        var log: [InvoicedCall] = []
        var expected: Set<String> = []
        var journaled: Int64 = 0
        var logged: Int64 = 0
        private var random: SeededGenerator

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            // Two failures at both ends, so that the log's time does not hang on what is left out of it.
            log = [0, 1000].map {
                JournalBuilder.logged("edge-\($0)", second: $0, usage: nil, isError: true)
            }
            for number in 0..<Int.random(in: 0...60, using: &random) { add(number) }
            log.shuffle(using: &random)
        }

        private mutating func usage() -> TokenUsage {
            TokenUsage(
                inputTokens: .random(in: 1...900, using: &random), outputTokens: .random(in: 1...90, using: &random))
        }

        /// Adds one call; whether it is known by request id or by the hold it names is left to chance.
        private mutating func add(_ number: Int) {
            let (hold, request) = ("h\(number)", "r\(number)")
            let second = Double.random(in: 0...1000, using: &random)
            let usage = usage()
            let cost = JournalBuilder.cost(usage).nanoUSD
            let bound = JournalBuilder.bound.nanoUSD
            let isNamed = Bool.random(using: &random)
            let settled = JournalBuilder.Course.settled(usage, requestID: isNamed ? nil : request)
            func call(
                _ usage: TokenUsage? = usage, name: String = request, isError: Bool = false, isNamed: Bool = isNamed,
                region: String = JournalBuilder.model.region
            ) -> InvoicedCall {
                JournalBuilder.logged(
                    name, second: second, region: region, usage: usage, isError: isError, hold: isNamed ? hold : nil,
                    question: isNamed ? "q-\(hold)" : nil)
            }
            func expect(_ kind: ReconciliationDifference.Kind, _ name: String = request) {
                expected.insert("\(kind.rawValue) \(name)")
            }
            switch Int.random(in: 0..<13, using: &random) {
            case 0:
                journal.hold(hold, second: second, .released)
                log.append(call(isNamed: true))
                expect(.releasedButServed)
                logged += cost
            case 1:
                log.append(call())
                expect(.withoutHold)
            case 2:
                journal.hold(hold, second: second, settled)
                var more = usage
                more.outputTokens += 1
                log.append(call(more))
                expect(.tokensDiffer)
                journaled += cost
                logged += cost + 4200
            case 3:
                journal.hold(hold, second: second, .charged)
                log.append(call(isNamed: true))
                expect(.chargedAtBound)
                journaled += bound
                logged += cost
            case 4:
                journal.hold(hold, second: second, .orphaned)
                log.append(call(nil, isError: true, isNamed: true))
                expect(.chargedButFailed)
                journaled += bound
            case 5:
                journal.hold(hold, second: second, .orphaned)
                expect(.chargedNotLogged, hold)
            case 6:
                journal.hold(hold, second: second, settled)
                log.append(call(region: "eu-west-2"))
                expect(.modelDiffers)
            case 7:
                journal.hold(hold, second: second, settled)
                log += [call(), call()]
                expect(.loggedTwice)
                journaled += cost
                logged += cost
            case 8:
                journal.hold(hold, second: second, settled)
                log += [call(isNamed: true), call(name: "\(request)-again", isNamed: true)]
                // Without a request id either may be the one that was journaled.
                let isFirst = !isNamed || request < "\(request)-again"
                expect(.servedTwice, isFirst ? "\(request)-again" : request)
                journaled += cost
                logged += cost
            case 9:
                journal.hold(hold, second: second, .released)
                log.append(call(nil, isError: true, isNamed: true))
            case 10:
                journal.hold(hold, second: second, .open)
                if Bool.random(using: &random) { log.append(call(isNamed: true)) }
            case 11:
                journal.hold(hold, second: second, .orphanedThenSettled(usage, requestID: request))
                log.append(call())
                journaled += cost
                logged += cost
            default:
                journal.hold(hold, second: second, settled)
                log.append(call())
                journaled += cost
                logged += cost
            }
        }
    }

    @Test("exactly what was put in is found, to the nano-dollar", arguments: 0..<200 as Range<UInt64>)
    func exactlyTheInjected(seed: UInt64) {
        let world = World(seed: seed)
        let result = world.journal.compared(with: world.log)
        let found = result.differences.map { difference in
            let name = difference.kind == .chargedNotLogged ? difference.holdID?.mark : difference.requestID
            return "\(difference.kind.rawValue) \(name ?? "")"
        }
        #expect(Set(found) == world.expected)
        #expect(found.count == world.expected.count)
        #expect(result.journaled.nanoUSD == world.journaled)
        #expect(result.logged.nanoUSD == world.logged)
        #expect(result.callsLogged == Set(world.log.map(\.requestID)).count)
        let apart =
            result.callsMatched + result.callsOpen
            + result.differences.count { [.withoutHold, .servedTwice].contains($0.kind) }
        #expect(apart <= result.callsLogged)
    }

    @Test("the order of the log changes nothing", arguments: 0..<20 as Range<UInt64>)
    func order(seed: UInt64) {
        let world = World(seed: seed)
        let turned = Array(world.log.reversed())
        #expect(world.journal.compared(with: turned) == world.journal.compared(with: world.log))
    }
}
