package import FoundationEssentials

/// Keeps what is spent and what is held, so that no paid call can pass a limit.
///
/// Each operation is one transaction: all of it is durable when it returns, or none of it is where it throws. Any
/// number of hosts, tasks and threads may use one ledger. The clock is the ledger's own, never before the instant of
/// the last journal entry; only a person sets it right where it was ahead, by ``decide(_:by:reason:)``.
///
/// A hold whose owner is gone is charged in full within the next ``reserve(_:terms:)`` or ``claimAlerts(_:claim:)``, which
/// every upkeep does, in the periods of its reservation: nobody knows whether the call was made. Where the owner's process
/// can be seen, it is gone when that has ended; where it cannot, when the hold's lease has ended. An owner knows of its own
/// holds that they live, however long its process was stopped: its calls under way stay in flight to itself.
///
/// What only reads waits for nobody who writes, and makes nobody wait: it changes nothing, and takes no lock that a writer
/// needs. Each reads one state of the ledger, the clock with it.
///
/// An end is taken only from the hold's owner, and only for the hold's call. Another's hold, that of another call, and one
/// that has ended are all the same to a caller: ``GovernorError/unknownHold``, and nothing is changed.
package protocol SpendLedger: Sendable {
    /// How long a hold lives without ``renewLeases()``; nil where the ledger sees when an owner has ended.
    var lease: Duration? { get }

    /// Holds what a call may cost in every budget that covers it, or in none.
    ///
    /// - Parameters:
    ///   - call: What is paid for.
    ///   - terms: What the call may cost at the ledger's moment, and where; called within the transaction, at most
    ///     once unless the transaction is repeated, and not for a call whose settlement is stored or that is in flight.
    ///     ``HoldTerms/decide(_:)`` then decides.
    /// - Returns: A new hold, or why there is none.
    /// - Throws: What `terms` throws, ``GovernorError/boundBreached(_:)``, ``GovernorError/answerForgotten``,
    ///   ``GovernorError/clocksDisagree(ledger:machine:)`` or ``GovernorError/ledgerUnavailable(reason:)``; the last also where the task is cancelled while the ledger is
    ///   silent. Nothing is held then, or only until the ledger answers again.
    func reserve(
        _ call: PaidCall, terms: @escaping @Sendable (LedgerMoment) throws(GovernorError) -> HoldTerms
    ) async throws(GovernorError) -> LedgerAdmission

    /// Ends a hold with what the call cost in truth, and stores the response where none is stored for the call.
    ///
    /// A hold that was charged as an orphan is corrected to the truth, once. A breach is charged too, and
    /// journaled; see ``Settlement/isBreach(of:bound:)``.
    ///
    /// - Throws: ``GovernorError/unknownHold`` where the hold has ended, or ``GovernorError/ledgerUnavailable(reason:)``.
    func settle(_ holdID: HoldID, of call: PaidCall, settlement: Settlement) async throws(GovernorError)

    /// Ends a hold whose call may have been made: its bound is charged.
    ///
    /// - Throws: ``GovernorError/unknownHold`` where the hold has ended, or ``GovernorError/ledgerUnavailable(reason:)``.
    func chargeInFull(_ holdID: HoldID, of call: CallID) async throws(GovernorError)

    /// Ends a hold whose call was surely never made: nothing is charged.
    ///
    /// - Throws: ``GovernorError/unknownHold`` where the hold has ended, or ``GovernorError/ledgerUnavailable(reason:)``.
    func release(_ holdID: HoldID, of call: CallID) async throws(GovernorError)

    /// How often a call to a model was charged in full, by ``chargeInFull(_:of:)`` or as an orphan that nobody corrected, and
    /// how many of the model's calls in a row were by ``chargeInFull(_:of:)``.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func doubts(of call: CallPlace, to model: ModelID) async throws(GovernorError) -> CallDoubts

    /// What a call was charged in full, by ``chargeInFull(_:of:)`` or as an orphan that nobody corrected, to whichever models.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func charged(for call: CallPlace) async throws(GovernorError) -> Money

    /// Takes note that nobody will end a hold any more: it is charged in full as an orphan by this owner's next operation that
    /// writes, and at the latest when this owner is gone.
    ///
    /// Does not wait and writes nothing itself. Does nothing for a hold that has ended.
    func abandon(_ holdID: HoldID)

    /// Makes the leases of all living holds of this owner end one lease from now.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func renewLeases() async throws(GovernorError)

    /// Reads what some budgets have counted in their periods at the ledger's moment.
    ///
    /// What is held for an owner that is gone counts as held until somebody charges it.
    ///
    /// A counter holds all that was counted under the budget's name in periods that overlap its own, so that nobody gets
    /// a second limit by a change of zone, turn or length.
    ///
    /// - Parameter lines: The budgets and their periods at a moment.
    /// - Returns: A counter for each line, in their order, and the moment.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func status(_ lines: @escaping @Sendable (LedgerMoment) -> [BudgetLine]) async throws(GovernorError)
        -> LedgerStanding

    /// The counters of budgets in the periods that overlap a span; see ``SpendReader/counters(in:)``.
    func counters(in span: Range<Date>) async throws(GovernorError) -> [PeriodCounter]

    /// Journals a raise; it is in force for every reservation from then on.
    ///
    /// - Parameter raise: ``BudgetRaise/at`` is set by the ledger.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func raise(_ raise: BudgetRaise) async throws(GovernorError)

    /// All raises that were ever journaled, oldest first.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func raises() async throws(GovernorError) -> [BudgetRaise]

    /// Brings limits from a file: they are journaled and in force at once where the ledger has never seen them.
    ///
    /// - Parameters:
    ///   - limits: What the file holds.
    ///   - name: Who brings them.
    /// - Returns: What became of them, and what is in force.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func offer(_ limits: BudgetSet, by name: String) async throws(GovernorError) -> LimitsOffer

    /// Journals what a person decides; it is in force for every reservation from then on.
    ///
    /// - Parameters:
    ///   - request: What is decided.
    ///   - name: Who decides.
    ///   - reason: Why.
    /// - Returns: The decision as it is journaled.
    /// - Throws: ``GovernorError/nothingToDecide(reason:)`` where it would change nothing, or
    ///   ``GovernorError/ledgerUnavailable(reason:)``.
    func decide(_ request: DecisionRequest, by name: String, reason: String) async throws(GovernorError)
        -> LedgerDecision

    /// All decisions that were ever journaled, oldest first.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func decisions() async throws(GovernorError) -> [LedgerDecision]

    /// All breaches, oldest first.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func breaches() async throws(GovernorError) -> [JournaledBreach]

    /// Raises the alerts that are due, each once for its budget, period, threshold and limit, and gives those to deliver.
    ///
    /// What this gives is given to nobody else until `claim` is over, and never again once confirmed.
    ///
    /// - Parameters:
    ///   - thresholds: The budgets and their periods at a moment, each with its percentages.
    ///   - claim: How long the caller may take to deliver them.
    /// - Returns: The alerts to deliver, lower thresholds first.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func claimAlerts(
        _ thresholds: @escaping @Sendable (LedgerMoment) -> [(line: BudgetLine, percents: [Int])], claim: Duration
    ) async throws(GovernorError) -> [BudgetAlert]

    /// Takes note that an alert was delivered.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func confirm(_ alert: BudgetAlert) async throws(GovernorError)

    /// Gives a claimed alert back undelivered: the next who claims gets it.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func handBack(_ alert: BudgetAlert) async throws(GovernorError)

    /// Deletes stored responses; the journal keeps their digests.
    ///
    /// The call stays paid: a redelivery gets ``GovernorError/answerForgotten``.
    ///
    /// - Parameter age: How old a response must be.
    /// - Returns: How many were deleted.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func forgetResponses(olderThan age: Duration) async throws(GovernorError) -> Int

    /// Reads the journal in order.
    ///
    /// - Parameters:
    ///   - id: Entries after this one are read; 0 for the first.
    ///   - count: How many at most.
    /// - Returns: The entries; fewer than `count` at the end.
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func journal(after id: Int64, atMost count: Int) async throws(GovernorError) -> [JournalEntry]

    /// Rebuilds all counters from the journal and compares.
    ///
    /// - Throws: ``GovernorError/ledgerUnavailable(reason:)``.
    func verify() async throws(GovernorError) -> LedgerVerification
}
