package import FunctionKit

/// What the stand-in does besides answering.
///
/// Set at run time, for tests and demonstrations.
package struct StandInBehaviour: Sendable, Hashable {
    /// What becomes of one call instead of an answer.
    package enum Fault: Sendable, Hashable {
        /// 429 `ThrottlingException`.
        case throttle
        /// 400 `ValidationException`: the input itself is wrong.
        case refuse
        /// 403 `AccessDeniedException`.
        case deny
        /// 500 `InternalServerException`.
        case fail
        /// 503 `ServiceUnavailableException`.
        case unavailable
        /// 200 with a body that is no answer, and without token counts.
        case garble
        /// The request is read and never answered; the connection ends when the stand-in stops.
        case stall
        /// The request is read, and the connection is closed without a byte.
        case hangUp
        /// An answer that is not the stand-in's own, such as a proxy's; its headers beside a name for the call.
        case answer(status: Int, headers: [String: String], body: String)
    }

    /// How long each answer waits.
    package var latency: Duration
    /// The fates of the next calls that are signed well, one a call, in order; later calls are answered.
    package var faults: [Fault]
    /// The counts that each answer names; nil to count.
    package var usage: TokenUsage?

    /// Makes a behaviour; without arguments every call is answered at once.
    package init(latency: Duration = .zero, faults: [Fault] = [], usage: TokenUsage? = nil) {
        self.latency = latency
        self.faults = faults
        self.usage = usage
    }

    /// The same fault for the next calls.
    package static func next(_ count: Int, _ fault: Fault) -> StandInBehaviour {
        StandInBehaviour(faults: Array(repeating: fault, count: count))
    }
}
