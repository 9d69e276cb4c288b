import Synchronization

/// What the stand-in's connections share.
final class StandInState: Sendable {
    /// How many requests are kept where they are recorded: more than a test sends, less than memory minds.
    private static let receivedMax = 1000

    private struct Values {
        var behaviour = StandInBehaviour()
        var received: [ReceivedRequest] = []
    }

    private let values = Mutex(Values())
    private let recordsRequests: Bool
    private let onRequest: (@Sendable (ReceivedRequest) -> Void)?

    init(recordsRequests: Bool, onRequest: (@Sendable (ReceivedRequest) -> Void)?) {
        self.recordsRequests = recordsRequests
        self.onRequest = onRequest
    }

    var behaviour: StandInBehaviour {
        get { values.withLock { $0.behaviour } }
        set { values.withLock { $0.behaviour = newValue } }
    }

    var received: [ReceivedRequest] { values.withLock { $0.received } }

    /// Notes a call, and says what becomes of it.
    func take(_ request: ReceivedRequest) -> (latency: Duration, fault: StandInBehaviour.Fault?) {
        let fate = values.withLock { values in
            if recordsRequests {
                values.received.append(request)
                if values.received.count > Self.receivedMax { values.received.removeFirst() }
            }
            let fault = values.behaviour.faults.isEmpty ? nil : values.behaviour.faults.removeFirst()
            return (values.behaviour.latency, fault)
        }
        onRequest?(request)
        return fate
    }
}
