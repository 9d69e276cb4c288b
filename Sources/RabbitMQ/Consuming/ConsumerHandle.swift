/// Ends a consumer when nobody can ask it for a delivery any more.
final class ConsumerHandle: Sendable {
    let number: UInt64
    private let connection: ConsumeConnection

    init(number: UInt64, connection: ConsumeConnection) {
        self.number = number
        self.connection = connection
    }

    deinit { connection.abandon(number) }
}
