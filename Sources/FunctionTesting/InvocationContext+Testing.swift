public import FunctionKit
public import Logging

extension InvocationContext {
    /// A ready context for one invocation in a test.
    ///
    /// ```swift
    /// let output = try await Shout().invoke(.init(text: "hello"), context: .testing())
    /// ```
    ///
    /// A redelivery is a second context with the same run id and function and a higher attempt: the paid calls
    /// of both are numbered from 0, as in a host.
    ///
    /// - Parameters:
    ///   - runID: The message's id.
    ///   - functionName: The function's name in the manifest.
    ///   - attempt: Which attempt this is, from 1.
    ///   - timeout: From now to the deadline; zero or less for an invocation whose time is up.
    ///   - tenant: Who asks.
    ///   - trace: Where the invocation stands in a trace; a new trace by default.
    ///   - logger: Where log lines go; nowhere by default.
    /// - Returns: A context whose host never drains.
    public static func testing(
        runID: String = "run-1", functionName: String = "function", attempt: Int = 1,
        timeout: Duration = .seconds(30), tenant: String? = nil, trace: TraceContext = TraceContext(),
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    ) -> InvocationContext {
        testing(
            runID: runID, functionName: functionName, attempt: attempt, timeout: timeout, tenant: tenant,
            trace: trace, logger: logger, drain: DrainSignal())
    }

    /// A ready context whose host drains once the signal is given.
    package static func testing(
        runID: String = "run-1", functionName: String = "function", attempt: Int = 1,
        timeout: Duration = .seconds(30), tenant: String? = nil, trace: TraceContext = TraceContext(),
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), drain: DrainSignal
    ) -> InvocationContext {
        InvocationContext(
            runID: runID, functionName: functionName, attempt: attempt,
            deadline: ProcessClock.now.advanced(by: timeout), tenant: tenant, trace: trace, logger: logger,
            drain: drain)
    }
}
