import FoundationEssentials
import FunctionKit

/// All that the journal says of one hold, added up.
struct JournaledHold: Sendable {
    let id: HoldID
    let call: CallID
    let model: ModelID
    let reservedAt: Date
    private(set) var rates: TokenRates?
    private(set) var usage: TokenUsage?
    private(set) var countedBy: UsageSource?
    private(set) var requestID: String?
    /// What the hold was charged in the end, refunds of an orphan that was settled later included.
    private(set) var spent = Money.zero
    private var hasEnded = false
    private var wasReleased = false

    /// Begins with the hold's first entry.
    init(_ entry: JournalEntry) {
        id = entry.holdID
        call = entry.call
        model = entry.model
        reservedAt = entry.reservedAt
        add(entry)
    }

    /// Adds an entry of the same hold; later entries decide.
    mutating func add(_ entry: JournalEntry) {
        spent = spent.addingUpToLimit(entry.spent)
        rates = entry.rates ?? rates
        switch entry.kind {
        case .reserve, .breach: break
        case .release:
            hasEnded = true
            wasReleased = true
        case .charge, .orphan: hasEnded = true
        case .settle:
            hasEnded = true
            usage = entry.usage
            countedBy = entry.countedBy
            requestID = entry.requestID
        }
    }

    /// Whether its call may still be under way.
    var isOpen: Bool { !hasEnded }

    /// Whether it ended without a charge, because its call was surely never made.
    var isReleased: Bool { wasReleased && spent == .zero }

    /// Whether nobody counted the tokens, so that the bound was charged.
    var isChargedAtBound: Bool { usage == nil || countedBy == .bound }
}
