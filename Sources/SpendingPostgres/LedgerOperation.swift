import FoundationEssentials
import FunctionKit
import Spending

/// What shares a transaction with what others ask for at the same moment.
///
/// Those that share one are at the same time for all who ask, so that they may be done in whichever order suits: ends
/// come first, for the money that they set free.
enum LedgerOperation: Sendable {
    case reserve(PaidCall, UUID, @Sendable (LedgerMoment) throws(GovernorError) -> HoldTerms)
    case settle(Int64, PaidCall, UUID, DigestedSettlement)
    case chargeInFull(Int64, UUID)
    case release(Int64, UUID)
    case count(@Sendable (LedgerMoment) -> [BudgetLine])

    /// The key of the call that it is about; no two in a transaction may be about the same.
    var call: UUID? {
        switch self {
        case .reserve(_, let key, _), .settle(_, _, let key, _): key
        case .chargeInFull, .release, .count: nil
        }
    }

    /// The hold that it ends.
    var hold: Int64? {
        switch self {
        case .settle(let hold, _, _, _), .chargeInFull(let hold, _), .release(let hold, _): hold
        case .reserve, .count: nil
        }
    }
}

/// What an operation gives.
enum LedgerAnswer: Sendable {
    case admission(LedgerAdmission)
    case ended
    case counted([LedgerCounter], LedgerMoment)
}

/// A settlement with its response's digest, which is made before the transaction.
struct DigestedSettlement: Sendable {
    let settlement: Settlement
    let responseDigest: String

    init(_ settlement: Settlement) {
        self.settlement = settlement
        responseDigest = settlement.responseDigest
    }
}
