import FoundationEssentials
public import FunctionKit
import InMemoryLogging
import Logging
import Synchronization
import Waiting

/// Lets a test invoke a function as a host does, JSON in and JSON out, and see what came of it.
///
/// ```swift
/// try await withFunction(Shout()) { shout in
///     let hello = await shout.invoke(#"{"text": "hello"}"#)
///     #expect(hello.json == #"{"text":"HELLO"}"#)
///     let empty = await shout.invoke(#"{"text": ""}"#)
///     #expect(empty.code == "permanent")
/// }
/// ```
///
/// - Parameters:
///   - function: The function, made with what it needs: ``InMemoryLanguageModel`` and ``InMemoryPassageIndex`` show their
///     calls.
///   - name: What its manifest calls it.
///   - timeout: Of one invocation, which is cancelled then.
///   - body: Gets the function.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
public func withFunction<Tested: Function, Value>(
    _ function: Tested, named name: String = "function", timeout: Duration = .seconds(30),
    _ body: (FunctionUnderTest<Tested>) async throws -> Value
) async rethrows -> Value {
    try await body(FunctionUnderTest(function: function, name: name, timeout: timeout))
}

/// A function that a test invokes.
public struct FunctionUnderTest<Tested: Function>: Sendable {
    let function: Tested
    let name: String
    let timeout: Duration

    /// Invokes the function once.
    ///
    /// - Parameters:
    ///   - payload: Its input, as JSON.
    ///   - runID: The message's id. A redelivery has the same with a higher attempt: what was paid for it is not paid
    ///     again.
    ///   - attempt: Which attempt this is, from 1.
    ///   - tenant: Who asks.
    /// - Returns: What came of it.
    public func invoke(
        _ payload: String, runID: String = "run-1", attempt: Int = 1, tenant: String? = nil
    ) async -> InvocationOutcome<Tested.Output> {
        let (recorder, output) = (CallRecorder(), KeptOutput<Tested.Output>())
        var log = InMemoryLogHandler()
        log.logLevel = .trace
        let context = InvocationContext.testing(
            runID: runID, functionName: name, attempt: attempt, timeout: timeout, tenant: tenant,
            logger: Logger(label: "test", factory: { [log] _ in log }))
        let kept = AnyFunction(Keeping(function: function, output: output))
        let result = await CallRecorder.$current.withValue(recorder) {
            await Self.result(within: timeout) { try await kept.invoke(Data(payload.utf8), context: context) }
        }
        return InvocationOutcome(
            result: result, output: output.value, costNanoUSD: context.chargedNanoUSD, calls: recorder.calls,
            logLines: log.entries.map(Self.line))
    }

    /// What `body` gives or throws; cancelled when the time is up.
    private static func result(
        within timeout: Duration, _ body: @escaping @Sendable () async throws -> Data
    ) async -> Result<Data, any Error> {
        do {
            let output = try await Deadline(after: timeout, by: .continuous).value(of: body)
            return output.map(Result.success) ?? .failure(InvocationTimedOut())
        } catch {
            return .failure(error)
        }
    }

    private static func line(_ entry: InMemoryLogHandler.Entry) -> String {
        let facts = entry.metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return "\(entry.level) \(entry.message)\(facts)"
    }
}

/// An invocation took longer than it may: it is tried again.
public struct InvocationTimedOut: DispositionProviding {
    /// The message is tried again.
    public var disposition: Disposition { .retry }
    /// `timeout`.
    public var code: String { "timeout" }
}

/// Keeps the output as it is before it becomes JSON.
private final class KeptOutput<Output: Sendable>: Sendable {
    private let state = Mutex<Output?>(nil)
    var value: Output? { state.withLock { $0 } }
    func keep(_ output: Output) { state.withLock { $0 = output } }
}

private struct Keeping<Tested: Function>: Function {
    let function: Tested
    let output: KeptOutput<Tested.Output>

    func invoke(_ input: Tested.Input, context: InvocationContext) async throws -> Tested.Output {
        let given = try await function.invoke(input, context: context)
        output.keep(given)
        return given
    }
}
