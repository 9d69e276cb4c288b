/// Says that holds have ended, to the one who listens.
final class LedgerNews: Sendable {
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func tell() { continuation.yield() }
}
