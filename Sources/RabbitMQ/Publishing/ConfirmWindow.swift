/// The publishes that the broker has not confirmed yet, by their number on the channel.
///
/// The channel counts from 1 (<https://www.rabbitmq.com/docs/confirms>); an answer is for one number or, if multiple,
/// for all up to it that were not answered before.
struct ConfirmWindow<Publish> {
    private var waiting: [UInt64: Publish] = [:]
    private var last: UInt64 = 0
    /// No smaller number waits.
    private var oldest: UInt64 = 1

    /// How many wait.
    var count: Int { waiting.count }

    /// Adds the next publish of the channel.
    mutating func add(_ publish: Publish) {
        last += 1
        waiting[last] = publish
    }

    /// Takes out what an answer is for, in order.
    mutating func take(_ number: UInt64, multiple: Bool) -> [Publish] {
        guard multiple else { return waiting.removeValue(forKey: number).map { [$0] } ?? [] }
        var taken: [Publish] = []
        // 0 stands for all (AMQP 0-9-1, basic.ack).
        let end = number == 0 ? last : min(number, last)
        while oldest <= end {
            if let publish = waiting.removeValue(forKey: oldest) { taken.append(publish) }
            oldest += 1
        }
        return taken
    }

    /// Takes out all, in order.
    mutating func takeAll() -> [Publish] { take(last, multiple: true) }

    /// Changes the oldest one that satisfies a condition.
    mutating func changeOldest(where condition: (Publish) -> Bool, _ change: (inout Publish) -> Void) {
        guard oldest <= last else { return }
        for number in oldest...last {
            guard var publish = waiting[number], condition(publish) else { continue }
            change(&publish)
            waiting[number] = publish
            return
        }
    }
}
