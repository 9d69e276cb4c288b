import FunctionKit

extension HostTrouble {
    /// What is wrong and what a person can do, where there is something to do.
    var reason: String { "\(self)\(advice.map { "; \($0)" } ?? "")" }

    /// What a person can do; nil where there is nothing.
    var advice: String? {
        switch kind {
        case .throttled, .unavailable: nil
        case .clock, .credentials, .access, .notFound, .refused, .notGoverned, .quota, .unreachable, .circuitOpen,
            .breach, .standIn:
            kind.advice
        }
    }
}
