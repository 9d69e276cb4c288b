import Messaging
import Synchronization

// Consumers and what they have in hand.
extension ConsumeConnection {
    /// Starts a consumer and gives its number.
    func consume(_ queue: String, prefetch: Int) throws(BrokerError) -> UInt64 {
        let connection = try live()
        guard suspects[queue] == nil else { throw unreadable[queue] ?? .unavailable(reason: "\(queue) did not answer") }
        let consumer = nextNumber()
        consumers[consumer] = Consumer(queue: queue, prefetch: prefetch)
        var failure: AMQPFailure
        do {
            try attach(consumer, connection)
            return consumer
        } catch {
            failure = error
        }
        do {
            if case .refused(404, _) = failure, isOwn(queue) {
                try makeMissing(queue, connection)
                try attach(consumer, connection)
                return consumer
            }
        } catch {
            failure = error
        }
        consumers[consumer] = nil
        if case .refused(let code, let reason) = failure {
            throw noteRefusal(code, reason, of: queue)
        }
        lose(failure.reason)
        throw .unavailable(reason: failure.reason)
    }

    /// A consumer's next delivery; nil at its end.
    func next(for consumer: UInt64) async -> Delivery? {
        while !isClosed, consumers[consumer] != nil {
            if Task.isCancelled {
                end(consumer)
                break
            }
            if let delivery = take(for: consumer) { return delivery }
            // Once more, for what came before the place was taken.
            let place = room.enter(consumer)
            if let delivery = take(for: consumer) {
                room.leave(place, passesOn: true)
                return delivery
            }
            await room.wait(in: place)
            room.leave(place, passesOn: false)
        }
        return nil
    }

    func take(for consumer: UInt64) -> Delivery? {
        guard let ready = consumers[consumer]?.ready, !ready.isEmpty else { return nil }
        let delivery = consumers[consumer]?.ready.removeFirst()
        if let delivery { held.take(delivery.tag) }
        return delivery
    }

    /// Gives back what was not asked for; what was stays in hand.
    func end(_ number: UInt64) {
        guard let consumer = consumers.removeValue(forKey: number), let channel = consumer.channel else { return }
        channels[channel]?.ending = .toBeTold
        for delivery in consumer.ready { handBack(delivery.tag) }
        dirty.insert(channel)
    }

    /// Ends a consumer soon; for whoever cannot wait.
    nonisolated func abandon(_ consumer: UInt64) {
        abandoned.withLock { $0.append(consumer) }
        thread.wake()
    }

    func endAbandoned() {
        let consumers = abandoned.withLock { abandoned in
            defer { abandoned.removeAll() }
            return abandoned
        }
        for consumer in consumers { end(consumer) }
    }

    /// A delivery is dealt with.
    func acknowledge(_ delivery: Delivery) throws(BrokerError) {
        let held = try taken(delivery)
        self.held[delivery.tag] = nil
        channels[held.channel]?.acks.acknowledge(held.tag)
        dirty.insert(held.channel)
    }

    /// Whether the connection that a delivery came over is still the one in use.
    nonisolated func holds(_ delivery: Delivery) -> Bool { held[delivery.tag] != nil }

    /// Waits until a delivery is lost with its channel or connection.
    func waitForLoss(of delivery: Delivery) async {
        while !Task.isCancelled, holds(delivery) {
            // Deliveries and consumers share one row of numbers, so no consumer waits under this one.
            let place = room.enter(delivery.tag)
            await room.wait(in: place)
            room.leave(place, passesOn: false)
        }
    }

    /// Gives a delivery back, unless it was delivered too often for that.
    func handBack(_ delivery: Delivery) throws(BrokerError) -> HandBack {
        let held = try taken(delivery)
        if held.priorDeliveries >= Self.handBacksMax { return .mustBePublished }
        handBack(delivery.tag)
        return .done
    }

    func handBack(_ number: UInt64) {
        guard let held = held.remove(number) else { return }
        channels[held.channel]?.handBack(held.tag)
        dirty.insert(held.channel)
    }

    func taken(_ delivery: Delivery) throws(BrokerError) -> DeliveriesInHand.Held {
        guard !isClosed else { throw .unavailable(reason: "it was closed") }
        guard let held = held[delivery.tag], held.isTaken else { throw .staleDelivery }
        return held
    }

    func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }
}
