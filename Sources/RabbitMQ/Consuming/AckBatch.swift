/// What of a channel's deliveries is in hand, and what is to be acknowledged with the next write.
///
/// The broker counts a channel's deliveries upwards. An acknowledgement that is `multiple` is for all up to it, so it
/// is used only for a row of them from the oldest in hand on; what was handed back before is in hand no more.
struct AckBatch {
    /// One frame.
    struct Ack: Hashable {
        let tag: UInt64
        let multiple: Bool
    }

    /// In the order of delivery.
    private var inHand: [UInt64] = []
    private var acknowledged: Set<UInt64> = []

    /// Whether nothing is in hand.
    var isEmpty: Bool { inHand.isEmpty }

    /// Takes a delivery into hand.
    mutating func deliver(_ tag: UInt64) { inHand.append(tag) }

    /// A delivery is dealt with.
    mutating func acknowledge(_ tag: UInt64) { acknowledged.insert(tag) }

    /// A delivery was handed back, and the broker has been sent that before the next ``flush()``.
    mutating func handBack(_ tag: UInt64) { inHand.removeAll { $0 == tag } }

    /// The frames for all that is acknowledged.
    mutating func flush() -> [Ack] {
        guard !acknowledged.isEmpty else { return [] }
        let row = inHand.prefix { acknowledged.contains($0) }
        let rest = inHand.dropFirst(row.count)
        var acks = row.last.map { [Ack(tag: $0, multiple: row.count > 1)] } ?? []
        acks += rest.filter { acknowledged.contains($0) }.map { Ack(tag: $0, multiple: false) }
        inHand = rest.filter { !acknowledged.contains($0) }
        acknowledged.removeAll(keepingCapacity: true)
        return acks
    }
}
