import FunctionKit

extension HostTrouble {
    /// What is wrong and what a person can do, where there is something to do.
    var reason: String {
        switch kind {
        case .throttled, .unavailable: "\(self)"
        case .clock, .credentials, .access, .notFound, .refused, .notGoverned, .quota, .unreachable, .circuitOpen,
            .breach, .standIn:
            "\(self); \(kind.advice)"
        }
    }
}
