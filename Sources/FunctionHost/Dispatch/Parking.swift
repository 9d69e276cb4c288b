import FoundationEssentials
import History
import Logging
import Messaging
import ServiceLifecycle

/// Whether a budget has room for a call that needs so many nano-dollars at the least.
package typealias RoomCheck = @Sendable (_ budget: String, _ neededNanoUSD: Int64) async -> Bool

/// Takes parked messages back once their budget is open again, be it by its turn or by a raise.
struct Parking: Sendable {
    /// How often a parked message is looked at while those in front have no room.
    ///
    /// A raise is seen within this time by the message in front, and within so many times this by one behind others whose
    /// budgets stay shut. More looks would write each parked message anew more often, all night.
    private static let interval = Duration.seconds(1)

    let queues: FunctionQueues
    let broker: any MessageBroker
    let history: any RunHistory
    /// Whether a budget has so much left now.
    let hasRoom: RoomCheck
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    guard await !broker.mayNotPublish else {
                        try await Task.sleep(for: Self.interval)
                        continue
                    }
                    for try await delivery in try await broker.consume(queues.parked, prefetch: 1) {
                        if try await !takeBack(delivery) { try await Task.sleep(for: Self.interval) }
                    }
                } catch {
                    logger.debug(
                        "parked messages cannot be reached", metadata: [LogKey.error: "\(Dispatcher.name(of: error))"])
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Moves a message to the waiting queue, or, while its budget is shut, to the end of the parked ones.
    ///
    /// So none is held until tomorrow, which brokers do not allow, none counts as delivered again, and one whose budget
    /// is open is reached behind others.
    ///
    /// - Returns: Whether it was taken back.
    private func takeBack(_ delivery: Delivery) async throws -> Bool {
        var message = delivery.message
        var isOpen = true
        // What cannot be read goes on as it is, to where it is buried.
        if var headers = try? MessageHeaders(message.headers) {
            if let budget = headers.budget { isOpen = await hasRoom(budget, headers.needed ?? 0) }
            if isOpen {
                headers.budget = nil
                headers.needed = nil
                headers.opensAt = nil
            }
            message.headers = headers.texts(beside: message.headers)
        }
        // First: what the function makes of it may be noted before the broker's word that it is back. A history that is away
        // lets it look parked until it ends.
        if isOpen { try? await history.reopen(id: message.runID) }
        do {
            try await broker.publish(message, to: isOpen ? queues.waiting : queues.parked)
        } catch {
            try await broker.handBack(delivery)
            throw error
        }
        try await broker.acknowledge(delivery)
        return isOpen
    }
}
