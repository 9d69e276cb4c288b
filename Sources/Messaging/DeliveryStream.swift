/// The deliveries of one consumer, as they come.
package struct DeliveryStream: AsyncSequence, Sendable {
    package typealias Element = Delivery
    package typealias Failure = BrokerError

    private let nextDelivery: @Sendable () async throws(BrokerError) -> Delivery?

    /// Makes a stream from a function that waits for the next delivery.
    ///
    /// The function gives nil at the end, also when its task is cancelled. It is called by one task at a time.
    package init(_ next: @escaping @Sendable () async throws(BrokerError) -> Delivery?) {
        nextDelivery = next
    }

    /// Gives one delivery after the other.
    package struct AsyncIterator: AsyncIteratorProtocol {
        let nextDelivery: @Sendable () async throws(BrokerError) -> Delivery?

        /// The next delivery; nil at the end.
        package mutating func next() async throws(BrokerError) -> Delivery? { try await nextDelivery() }

        /// The next delivery; nil at the end.
        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(BrokerError) -> Delivery? { try await nextDelivery() }
    }

    /// Starts to iterate.
    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(nextDelivery: nextDelivery) }
}
