import FoundationEssentials
import FunctionKit
import Spending
import TestSupport
import Testing

/// What is known of calls that were charged in full.
extension SpendLedgerCompatTest {
    static let doubts = [
        Rule("charges in doubt are counted", Self.checkCharges),
        Rule("orphans are in doubt", Self.checkOrphansInDoubt),
        Rule("orphans whose owner lives", Self.checkCorrectedOrphans),
        Rule("charges in doubt in a row", Self.checkChargesInARow),
    ]

    /// How often a call was charged in doubt is known to every owner; what was released or settled does not count.
    func checkCharges() async throws {
        let bench = try await bench()
        let call = SpendFixture.call("a", bytes: 10)
        #expect(try await bench.governor.doubts(of: call).ofCall == 0)
        try await bench.governor.chargeInFull(try await bench.governor.held(call))
        try await bench.governor.release(try await bench.governor.held(call))
        let another = try await bench.another()
        try await another.chargeInFull(try await another.held(call))
        #expect(try await bench.another().doubts(of: call).ofCall == 2)
        #expect(try await bench.governor.doubts(of: SpendFixture.call("b", bytes: 10)).ofCall == 0)
        var other = call
        other.model = SpendFixture.otherModel
        #expect(try await bench.governor.doubts(of: other) == CallDoubts())
        // Whatever model was asked, it is the same question's money.
        for charged in [call, other] { #expect(try await bench.another().charged(for: charged) == Money(nanoUSD: 20)) }
        #expect(try await bench.governor.charged(for: SpendFixture.call("b", bytes: 10)) == .zero)
        try await bench.governor.pay(call, tokens: 1, response: "x")
        #expect(try await bench.governor.doubts(of: call).ofCall == 2)
        #expect(try await bench.governor.charged(for: call) == Money(nanoUSD: 20))
    }

    /// What nobody ended is a doubt of its call as well, whatever that asked; but of the model it says nothing.
    func checkOrphansInDoubt() async throws {
        let bench = try await bench()
        for digest in ["d", "e"] {
            _ = try await bench.governor.held(SpendFixture.call("a", digest: digest, bytes: 10))
            // What was dropped is charged by its owner's next operation that writes.
            try await bench.governor.sweep()
        }
        var call = SpendFixture.call("a", digest: "f", bytes: 10)
        #expect(try await bench.another().doubts(of: call) == CallDoubts(ofCall: 2))
        #expect(try await bench.another().charged(for: call) == Money(nanoUSD: 20))
        let another = try await bench.another()
        try await another.chargeInFull(try await another.held(call))
        #expect(try await bench.governor.doubts(of: call) == CallDoubts(ofCall: 3, inARow: 1))
        #expect(try await bench.governor.charged(for: call) == Money(nanoUSD: 30))
        // The texts of a document are calls of one place.
        call.isNamedByDigest = true
        #expect(try await bench.governor.doubts(of: call).ofCall == 1)
        #expect(try await bench.governor.charged(for: call) == Money(nanoUSD: 10))
        call.id.digest = "g"
        #expect(try await bench.governor.charged(for: call) == .zero)
        for other in [SpendFixture.call("a", ordinal: 1, bytes: 10), SpendFixture.call("b", bytes: 10)] {
            #expect(try await bench.governor.doubts(of: other).ofCall == 0)
            #expect(try await bench.governor.charged(for: other) == .zero)
        }
        // An answer ends the row, and changes nothing of what was charged before.
        try await bench.governor.pay(SpendFixture.call("a", bytes: 10), tokens: 1)
        #expect(try await bench.governor.doubts(of: SpendFixture.call("a")) == CallDoubts(ofCall: 3))
        #expect(try await bench.governor.charged(for: SpendFixture.call("a")) == Money(nanoUSD: 30))
    }

    /// An orphan whose owner lives after all is a doubt until that says what became of the call.
    func checkCorrectedOrphans() async throws {
        let bench = try await bench()
        guard bench.ledger.lease != nil else { return }
        let calls = ["settled", "released", "charged", "dropped"].map { SpendFixture.call($0, bytes: 10) }
        let settled = try await bench.governor.held(calls[0])
        let released = try await bench.governor.held(calls[1])
        let charged = try await bench.governor.held(calls[2])
        _ = try await bench.governor.held(calls[3])
        bench.clock.advance(seconds: 60)
        let another = try await bench.another()
        #expect(try await another.spent() == 40)
        for call in calls {
            #expect(try await another.doubts(of: call) == CallDoubts(ofCall: 1))
            #expect(try await another.charged(for: call) == Money(nanoUSD: 10))
        }
        _ = try await bench.governor.settle(
            settled, usage: TokenUsage(inputTokens: 5, outputTokens: 0), response: Data("late".utf8))
        try await bench.governor.release(released)
        try await bench.governor.chargeInFull(charged)
        try await bench.governor.sweep()
        for (call, count) in zip(calls, [0, 0, 1, 1]) {
            #expect(try await another.doubts(of: call) == CallDoubts(ofCall: count), "\(call.id.questionID)")
            #expect(try await another.charged(for: call) == Money(nanoUSD: Int64(10 * count)))
        }
    }

    /// How many calls of a model in a row were charged in doubt is known to every owner, until one is answered.
    func checkChargesInARow() async throws {
        let bench = try await bench()
        let asked = SpendFixture.call("asked", bytes: 10)
        for (number, id) in ["a", "b", "c"].enumerated() {
            if number > 0 { bench.clock.advance(seconds: 20) }
            let owner = try await bench.another()
            try await owner.chargeInFull(try await owner.held(SpendFixture.call(id, bytes: 10)))
        }
        bench.clock.advance(seconds: 5)
        var row = CallDoubts(ofCall: 0, inARow: 3, lasted: .seconds(40), sinceLast: .seconds(5))
        #expect(try await bench.governor.doubts(of: asked) == row)
        row.ofCall = 1
        #expect(try await bench.governor.doubts(of: SpendFixture.call("b", bytes: 10)) == row)
        var other = asked
        other.model = SpendFixture.otherModel
        #expect(try await bench.governor.doubts(of: other) == CallDoubts())
        // What is released or under way is no answer; what is settled is.
        try await bench.governor.release(try await bench.governor.held(SpendFixture.call("d", bytes: 10)))
        #expect(try await bench.governor.doubts(of: asked).inARow == 3)
        try await bench.governor.pay(SpendFixture.call("d", bytes: 10), tokens: 1, response: "x")
        #expect(try await bench.governor.doubts(of: asked) == CallDoubts())
        try await bench.governor.chargeInFull(try await bench.governor.held(SpendFixture.call("e", bytes: 10)))
        #expect(try await bench.governor.doubts(of: asked) == CallDoubts(inARow: 1))
        // Nobody knows when an entry of a clock that was wrong was made, and an old one says nothing.
        bench.clock.advance(seconds: -120)
        #expect(try await bench.governor.doubts(of: asked) == CallDoubts())
        bench.clock.advance(seconds: 120 + 3601)
        #expect(try await bench.governor.doubts(of: asked) == CallDoubts())
    }
}
