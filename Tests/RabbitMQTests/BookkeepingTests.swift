import TestSupport
import Testing

@testable import RabbitMQ

/// What is counted on both sides of the wire, held to a broker in miniature.
@Suite("Confirms, acknowledgements and waits")
struct BookkeepingTests {
    @Test("Whatever the order, each delivery is settled as it was asked to be", arguments: 0..<200 as Range<UInt64>)
    func acknowledgements(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var batch = AckBatch()
        var last: UInt64 = 0
        // The broker's side, and what is expected of it.
        var unsettled: Set<UInt64> = []
        var acknowledged: Set<UInt64> = []
        var wished: Set<UInt64> = []
        var inHand: [UInt64] = []
        for _ in 0..<100 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                last += 1
                batch.deliver(last)
                unsettled.insert(last)
                inHand.append(last)
            case 2 where !inHand.isEmpty:
                let tag = inHand.remove(at: Int.random(in: inHand.indices, using: &random))
                if Bool.random(using: &random) {
                    batch.acknowledge(tag)
                    wished.insert(tag)
                } else {
                    batch.handBack(tag)
                    unsettled.remove(tag)
                }
            default:
                for ack in batch.flush() {
                    let settled: Set<UInt64> = ack.multiple ? unsettled.filter { $0 <= ack.tag } : [ack.tag]
                    #expect(settled.isSubset(of: unsettled), "an acknowledgement for what is settled")
                    unsettled.subtract(settled)
                    acknowledged.formUnion(settled)
                }
                #expect(acknowledged == wished)
                #expect(unsettled == Set(inHand))
                #expect(batch.isEmpty == inHand.isEmpty)
            }
        }
    }

    @Test("A row of acknowledgements from the oldest on is one frame")
    func row() {
        var batch = AckBatch()
        for tag: UInt64 in 1...6 { batch.deliver(tag) }
        for tag: UInt64 in [3, 1, 2, 5] { batch.acknowledge(tag) }
        #expect(batch.flush() == [.init(tag: 3, multiple: true), .init(tag: 5, multiple: false)])
        for tag: UInt64 in [4, 6] { batch.acknowledge(tag) }
        #expect(batch.flush() == [.init(tag: 6, multiple: true)])
        #expect(batch.flush().isEmpty)
    }

    @Test("Each publish has its answer once, whatever the answers are for")
    func confirms() {
        var window = ConfirmWindow<String>()
        for publish in ["a", "b", "c", "d", "e"] { window.add(publish) }
        #expect(window.take(2, multiple: false) == ["b"])
        #expect(window.take(2, multiple: false).isEmpty)
        #expect(window.take(3, multiple: true) == ["a", "c"])
        #expect(window.take(9, multiple: false).isEmpty)
        #expect(window.count == 2)
        window.changeOldest(where: { $0 == "e" }, { $0 = "E" })
        #expect(window.take(0, multiple: true) == ["d", "E"])
        window.add("f")
        #expect(window.takeAll() == ["f"])
    }

    @Test("Waits double up to ten seconds, half of each left to chance")
    func backoff() {
        var random = SeededGenerator(seed: 1)
        var backoff = ReconnectBackoff()
        for full in [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000] {
            let wait = backoff.next(using: &random)
            #expect((.milliseconds(full / 2)...Duration.milliseconds(full)).contains(wait))
        }
        backoff.reset()
        #expect(backoff.next(using: &random) <= .milliseconds(100))
    }
}
