public import FunctionKit
import Synchronization

/// A language model that lives in memory: it answers from a script or a closure and keeps what it was asked.
///
/// It treats calls as the governed model does. A call is named by run, function, ordinal and request: a
/// redelivery that asks the same again gets the stored reply, uses up no step of the script and is not in
/// ``requests``. While one owner makes a call, another one of the same name meets ``LanguageModelError/inFlight``. A
/// context whose time is up meets ``LanguageModelError/noTimeLeft``. An error is not stored: the call may be repeated.
///
/// ```swift
/// let model = InMemoryLanguageModel([.success(.testing("Yes. [defective-goods]")), .failure(.rejected(code: "x"))])
/// ```
public final class InMemoryLanguageModel: LanguageModel {
    private struct Call: Hashable {
        let invocationID: String
        let ordinal: Int
        let request: ModelRequest
    }

    private enum Progress {
        case inFlight
        case settled(ModelReply)
    }

    private struct State {
        var calls: [Call: Progress] = [:]
        var requests: [ModelRequest] = []
    }

    private let state = Mutex(State())
    private let respond: @Sendable (ModelRequest) async throws(LanguageModelError) -> ModelReply

    /// A model that answers with what the closure gives.
    ///
    /// - Parameter respond: Called once a paid call, from any task; it may suspend, for example to hold a call.
    public init(respond: @escaping @Sendable (ModelRequest) async throws(LanguageModelError) -> ModelReply) {
        self.respond = respond
    }

    /// A model that follows a script, one step a paid call; ``LanguageModelError/hostTrouble(_:)`` once it is used
    /// up.
    public convenience init(_ script: [Result<ModelReply, LanguageModelError>]) {
        let steps = Script(script)
        self.init { _ throws(LanguageModelError) in
            guard let step = steps.next() else { throw .hostTrouble(.usedUp) }
            return try step.get()
        }
    }

    /// A model that answers with the texts in order; ``LanguageModelError/hostTrouble(_:)`` once they are used up.
    public convenience init(_ texts: String...) {
        self.init(texts.map { .success(.testing($0)) })
    }

    /// The paid calls' requests, in the order in which they began, with those that failed.
    public var requests: [ModelRequest] { state.withLock { $0.requests } }

    /// Answers from the store, the script or the closure.
    public func generate(
        _ request: ModelRequest, context: InvocationContext
    ) async throws(LanguageModelError) -> ModelReply {
        let call = Call(invocationID: context.invocationID, ordinal: context.nextCallOrdinal(), request: request)
        if let reply = try begin(call, isTimeLeft: context.remaining > .zero) {
            context.charge(nanoUSD: reply.costNanoUSD)
            return reply
        }
        CallRecorder.current?.add(.model(request))
        do throws(LanguageModelError) {
            let reply = try await respond(request)
            state.withLock { $0.calls[call] = .settled(reply) }
            context.charge(nanoUSD: reply.costNanoUSD)
            return reply
        } catch {
            state.withLock { $0.calls[call] = nil }
            context.charge(nanoUSD: error.chargedNanoUSD)
            throw error
        }
    }

    /// The stored reply; nil where the call is to be made, which is then in flight.
    private func begin(_ call: Call, isTimeLeft: Bool) throws(LanguageModelError) -> ModelReply? {
        try state.withLock { state throws(LanguageModelError) -> ModelReply? in
            switch state.calls[call] {
            case .settled(let reply): return reply
            case .inFlight: throw .inFlight
            case nil:
                guard isTimeLeft else { throw .noTimeLeft }
                state.calls[call] = .inFlight
                state.requests.append(call.request)
                return nil
            }
        }
    }
}

extension HostTrouble {
    /// What a scripted model is in once its script is used up.
    public static let usedUp = HostTrouble(.unavailable, code: "model-unavailable")
}

/// The steps of a scripted model that are left.
private final class Script: Sendable {
    private let steps: Mutex<ArraySlice<Result<ModelReply, LanguageModelError>>>

    init(_ steps: [Result<ModelReply, LanguageModelError>]) {
        self.steps = Mutex(steps[...])
    }

    func next() -> Result<ModelReply, LanguageModelError>? {
        steps.withLock { $0.popFirst() }
    }
}

extension ModelReply {
    /// A reply with a default for all that a test is not about.
    public static func testing(
        _ text: String = "An answer.", stopReason: StopReason = .stop,
        usage: TokenUsage = TokenUsage(inputTokens: 100, outputTokens: 20), costNanoUSD: Int64 = 402_000,
        model: String = "in-memory-model"
    ) -> ModelReply {
        ModelReply(text: text, stopReason: stopReason, usage: usage, costNanoUSD: costNanoUSD, model: model)
    }
}
