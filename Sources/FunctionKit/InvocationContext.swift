public import Logging

/// What belongs to one invocation of one function.
public struct InvocationContext: Sendable {
    /// The run's id: that of its message, the same through the whole pipeline.
    public let runID: String
    /// The function's name in the manifest, such as `rag-core`.
    public let functionName: String
    /// Which attempt this is, from 1.
    public let attempt: Int
    /// The instant at which the host stops waiting for this invocation, as it looks now: it moves on by the time for which
    /// the process is stopped.
    public var deadline: ContinuousClock.Instant { .now + ProcessClock.now.duration(to: ends) }
    /// Who asks, where API keys tell tenants apart.
    public let tenant: String?
    /// Where this invocation stands in a distributed trace.
    public let trace: TraceContext
    /// Carries the ids of this invocation.
    ///
    /// Log no payload, no secret and no personal data with it.
    public let logger: Logger

    /// Run id + "/" + function: stable over redeliveries.
    public var invocationID: String { "\(runID)/\(functionName)" }

    /// What is left until ``deadline``, until the host's own end while it drains, or until nobody waits for it any more;
    /// negative when it has passed.
    public var remaining: Duration {
        let others = [drain.deadline, drain.wait?.end].compactMap(\.self)
        return ProcessClock.now.duration(to: others.reduce(ends, min))
    }

    /// Whether the host is draining: start no long work that can wait for another host.
    public var isDraining: Bool { drain.deadline != nil }

    /// What is left until the host's own end, also of an invocation that has had its time; nil while it does not drain.
    package var drainRemaining: Duration? { drain.deadline.map { ProcessClock.now.duration(to: $0) } }

    /// How long a person waits in all for what the host does; nil where nobody does.
    package var personWaits: Duration? { drain.wait?.whole }

    /// ``deadline`` in the time that this process gets.
    package let ends: ProcessClock.Instant

    private let drain: DrainSignal
    private let calls = CallCounter()

    /// Makes a context; hosts and test support do.
    package init(
        runID: String, functionName: String, attempt: Int, deadline: ProcessClock.Instant, tenant: String?,
        trace: TraceContext, logger: Logger, drain: DrainSignal
    ) {
        self.runID = runID
        self.functionName = functionName
        self.attempt = attempt
        ends = deadline
        self.tenant = tenant
        self.trace = trace
        self.logger = logger
        self.drain = drain
    }

    /// Numbers the paid calls of this invocation from 0, so that a redelivery names the same calls the same way.
    package func nextCallOrdinal() -> Int { calls.next() }

    /// How many paid calls this invocation has named so far.
    package var paidCalls: Int { calls.count }

    /// Takes note of what a paid call cost, in nano-dollars; also of one that brought no answer.
    package func charge(nanoUSD: Int64) { calls.add(nanoUSD: nanoUSD) }

    /// What the paid calls of this invocation cost so far, in nano-dollars.
    package var chargedNanoUSD: Int64 { calls.nanoUSD }
}
