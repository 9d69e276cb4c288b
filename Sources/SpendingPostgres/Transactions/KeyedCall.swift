import FoundationEssentials
import Spending

/// A call with the key by which the tables know it.
struct KeyedCall: Sendable, Hashable {
    let id: CallID
    let key: UUID

    init(_ id: CallID) {
        self.id = id
        key = CallKey.of(id)
    }
}
