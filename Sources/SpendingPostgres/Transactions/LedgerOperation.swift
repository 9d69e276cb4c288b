import FoundationEssentials
import FunctionKit
import Spending

/// What shares a transaction with what others ask for at the same moment.
///
/// Those that share one are at the same time for all who ask, so that they may be done in whichever order suits: ends
/// come first, for the money that they set free.
enum LedgerOperation: Sendable {
    case reserve(PaidCall, KeyedCall, @Sendable (LedgerMoment) throws(GovernorError) -> HoldTerms)
    case settle(HoldID, PaidCall, KeyedCall, DigestedSettlement)
    case chargeInFull(HoldID, KeyedCall)
    case release(HoldID, KeyedCall)
    case count(@Sendable (LedgerMoment) -> [BudgetLine])

    /// The call whose answer it asks for or gives; no two in a transaction may be about the same.
    var call: KeyedCall? {
        switch self {
        case .reserve(_, let call, _), .settle(_, _, let call, _): call
        case .chargeInFull, .release, .count: nil
        }
    }

    /// The hold that it ends, and for which call.
    var end: (hold: HoldID, call: KeyedCall)? {
        switch self {
        case .settle(let hold, _, let call, _), .chargeInFull(let hold, let call), .release(let hold, let call):
            (hold, call)
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
