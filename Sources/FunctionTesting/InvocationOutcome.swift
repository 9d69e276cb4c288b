import FoundationEssentials
public import FunctionKit

/// What came of one invocation in a test.
public struct InvocationOutcome<Output: Sendable>: Sendable {
    /// What the function gave; nil where it threw.
    public let output: Output?
    /// The same as JSON with sorted keys, which is what the next function gets; nil where it threw.
    public let json: String?
    /// What the function threw, or why its payload could not be read; nil where it gave an output.
    public let error: (any Error)?
    /// What its paid calls cost, in nano-dollars; also those that brought no answer.
    public let costNanoUSD: Int64
    /// What it called, in order.
    public let calls: [FunctionCall]
    /// What it logged, in order, such as `debug passages found passages.count=2`.
    public let logLines: [String]

    /// What a host does with the message of an invocation that failed so; nil for an output.
    ///
    /// An error that says nothing of it is tried again.
    public var disposition: Disposition? {
        error.map { ($0 as? any DispositionProviding)?.disposition ?? .retry }
    }

    /// The constant name of what went wrong, as headers, logs and `dead list` show it; nil for an output.
    public var code: String? { error.map { ($0 as? any DispositionProviding)?.code ?? "error" } }

    init(
        result: Result<Data, any Error>, output: Output?, costNanoUSD: Int64, calls: [FunctionCall], logLines: [String]
    ) {
        switch result {
        case .success(let data): (self.output, json, error) = (output, String(decoding: data, as: UTF8.self), nil)
        case .failure(let error): (self.output, json, self.error) = (nil, nil, error)
        }
        self.costNanoUSD = costNanoUSD
        self.calls = calls
        self.logLines = logLines
    }
}
