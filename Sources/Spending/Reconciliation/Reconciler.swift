package import FoundationEssentials
import FunctionKit

/// Compares the journal, entry by entry, with the log of one provider.
///
/// A call in the log belongs to the hold that was settled with its request id, else to the hold that the caller named
/// in the request, where that hold is for the question that it named too. A hold covers one call.
///
/// What it keeps is a few hundred bytes for each hold and for each call in the log.
package struct Reconciler: Sendable {
    private let log: [InvoicedCall]
    private let provider: String
    private let span: ClosedRange<Date>?
    private let regions: Set<String>
    private let ignoresUnknown: Bool
    private let repeated: [(call: InvoicedCall, times: Int)]
    private var holds: [HoldID: JournaledHold] = [:]
    private var holdOfRequest: [String: HoldID] = [:]
    private var rates: [Place: [TokenRates]] = [:]

    private struct Place: Hashable {
        let region, model: String
    }

    /// Begins with the log.
    ///
    /// - Parameters:
    ///   - log: The calls, in any order.
    ///   - provider: Whose log it is; holds for models of others are left out.
    ///   - span: The time that the log covers whole: a hold that was taken in it must be in the log. Nil where only the
    ///     log's first and last call tell.
    ///   - slack: How much earlier than the first or later than the last call a hold may have been taken that must be
    ///     in the log. With more, a call whose record is in the file before or after this one is listed as not logged.
    ///   - ignoresUnknown: Whether calls of other programs are left out: those that no hold is for, and whose caller did not
    ///     say that one is.
    package init(
        log: [InvoicedCall], provider: String = "bedrock", span: ClosedRange<Date>? = nil,
        slack: Duration = .seconds(60), ignoresUnknown: Bool = false
    ) {
        self.ignoresUnknown = ignoresUnknown
        // Of several records of one call the one with the most tokens counts, so that nothing is counted too low.
        let records = Dictionary(grouping: log, by: \.requestID)
        let once = records.values.compactMap { $0.max { Self.weight($0) < Self.weight($1) } }
            .sorted { ($0.at, $0.requestID) < ($1.at, $1.requestID) }
        self.log = once
        self.provider = provider
        repeated = once.compactMap { call in
            records[call.requestID].flatMap { $0.count > 1 ? (call, $0.count) : nil }
        }
        regions = Set(once.map(\.region))
        let seconds = TimeInterval(max(0, slack.components.seconds))
        self.span =
            span
            ?? once.first.flatMap { first in
                once.last.map { first.at.addingTimeInterval(-seconds)...$0.at.addingTimeInterval(seconds) }
            }
    }

    private static func weight(_ call: InvoicedCall) -> (Int, Int, Date) {
        (call.usage?.inputTokens ?? -1, call.usage?.outputTokens ?? -1, call.at)
    }

    /// Adds an entry of the journal; entries come in the journal's order.
    package mutating func add(_ entry: JournalEntry) {
        guard entry.model.provider == provider else { return }
        if holds[entry.holdID] == nil {
            holds[entry.holdID] = JournaledHold(entry)
        } else {
            holds[entry.holdID]?.add(entry)
        }
        if entry.kind == .settle, let request = entry.requestID, holdOfRequest[request] == nil {
            holdOfRequest[request] = entry.holdID
        }
        if let rate = entry.rates {
            let place = Place(region: entry.model.region, model: modelName(entry.model.model))
            if rates[place]?.contains(rate) != true { rates[place, default: []].append(rate) }
        }
    }

    /// What differs between the log and the entries that were added.
    package func reconciliation() -> Reconciliation {
        var result = Reconciliation()
        result.callsLogged = log.count
        result.span = span
        let pairs = match()
        for (call, pairing) in zip(log, pairs) {
            switch pairing {
            case .hold(let hold): judge(call, hold, &result)
            case .further(let hold): judgeFurther(call, hold, &result)
            case .none: judgeForeign(call, &result)
            }
        }
        judgeUnlogged(pairs, &result)
        result.differences += repeated.map { call, times in
            ReconciliationDifference(kind: .loggedTwice, at: call.at, requestID: call.requestID, timesLogged: times)
        }
        let severity = Dictionary(
            uniqueKeysWithValues: ReconciliationDifference.Kind.allCases.enumerated().map { ($1, $0) })
        result.differences.sort {
            (severity[$0.kind] ?? 0, $0.at, $0.requestID ?? "", $0.holdID?.description ?? "")
                < (severity[$1.kind] ?? 0, $1.at, $1.requestID ?? "", $1.holdID?.description ?? "")
        }
        return result
    }
}

// MARK: - Matching

extension Reconciler {
    /// What the journal has for a call in the log.
    private enum Pairing {
        /// The hold that covers it.
        case hold(JournaledHold)
        /// A hold that covers another call already.
        case further(JournaledHold)
        /// Nothing.
        case none
    }

    /// A pairing for each call, in their order.
    private func match() -> [Pairing] {
        var pairs: [Pairing] = []
        var taken: Set<HoldID> = []
        for call in log {
            if let id = holdOfRequest[call.requestID], let hold = holds[id], taken.insert(id).inserted {
                pairs.append(.hold(hold))
            } else {
                pairs.append(.none)
            }
        }
        // Served calls first: a hold under which one call failed and one was served covers the one that costs.
        let named = log.indices.filter { if case .none = pairs[$0] { claimed(by: log[$0]) != nil } else { false } }
        for index in named.filter({ log[$0].isServed }) + named.filter({ !log[$0].isServed }) {
            guard let hold = claimed(by: log[index]) else { continue }
            pairs[index] = taken.insert(hold.id).inserted ? .hold(hold) : .further(hold)
        }
        return pairs
    }

    /// The hold that the caller named, where its question is the one that the caller named too.
    private func claimed(by call: InvoicedCall) -> JournaledHold? {
        guard let id = call.holdID.flatMap(HoldID.init), let hold = holds[id], hold.call.questionID == call.questionID
        else { return nil }
        return hold
    }
}

// MARK: - Judging

extension Reconciler {
    private func judge(_ call: InvoicedCall, _ hold: JournaledHold, _ result: inout Reconciliation) {
        guard !hold.isOpen else { return result.callsOpen += 1 }
        result.callsMatched += 1
        guard call.isServed else {
            if hold.spent == .zero {
                result.callsFailed += 1
            } else {
                note(.chargedButFailed, call, hold, .zero, &result)
            }
            return
        }
        let cost = cost(of: call, hold)
        if hold.isReleased {
            note(.releasedButServed, call, hold, cost, &result)
        } else if !isSamePlace(call, hold) {
            note(.modelDiffers, call, hold, cost, &result)
        } else if call.usage == nil {
            result.callsUnpriced += 1
        } else if call.usage == hold.usage || (hold.isChargedAtBound && cost == hold.spent) {
            count(journaled: hold.spent, logged: hold.spent, &result)
        } else {
            note(hold.isChargedAtBound ? .chargedAtBound : .tokensDiffer, call, hold, cost, &result)
        }
    }

    private func judgeFurther(_ call: InvoicedCall, _ hold: JournaledHold, _ result: inout Reconciliation) {
        guard call.isServed else { return result.callsFailed += 1 }
        result.differences.append(
            ReconciliationDifference(
                kind: .servedTwice, at: call.at, requestID: call.requestID, holdID: hold.id, call: hold.call,
                log: side(call, cost(of: call, hold))))
    }

    private func judgeForeign(_ call: InvoicedCall, _ result: inout Reconciliation) {
        // A call that names a hold was made by a program like this one: where the ledger has no such hold, it lost one.
        guard !ignoresUnknown || call.holdID != nil else { return result.callsIgnored += 1 }
        guard call.isServed else { return result.callsFailed += 1 }
        result.differences.append(
            ReconciliationDifference(
                kind: .withoutHold, at: call.at, requestID: call.requestID,
                log: side(call, costByOthers(call))))
    }

    /// Lists charged holds whose call must be in the log and is not.
    ///
    /// A log is one region's: holds for regions that it never names are not judged.
    private func judgeUnlogged(_ pairs: [Pairing], _ result: inout Reconciliation) {
        guard let span else { return }
        let logged = Set(pairs.compactMap { if case .hold(let hold) = $0 { hold.id } else { nil } })
        for hold in holds.values
        where !hold.isOpen && hold.spent != .zero && !logged.contains(hold.id) && span.contains(hold.reservedAt)
            && (regions.isEmpty || regions.contains(hold.model.region))
        {
            result.differences.append(
                ReconciliationDifference(
                    kind: .chargedNotLogged, at: hold.reservedAt, requestID: hold.requestID, holdID: hold.id,
                    call: hold.call, journal: side(hold)))
        }
    }

    private func note(
        _ kind: ReconciliationDifference.Kind, _ call: InvoicedCall, _ hold: JournaledHold, _ cost: Money?,
        _ result: inout Reconciliation
    ) {
        if let cost { count(journaled: hold.spent, logged: cost, &result) } else { result.callsUnpriced += 1 }
        result.differences.append(
            ReconciliationDifference(
                kind: kind, at: call.at, requestID: call.requestID, holdID: hold.id, call: hold.call,
                journal: side(hold), log: side(call, cost)))
    }

    private func count(journaled: Money, logged: Money, _ result: inout Reconciliation) {
        result.journaled = result.journaled.addingUpToLimit(journaled)
        result.logged = result.logged.addingUpToLimit(logged)
    }

    private func side(_ hold: JournaledHold) -> ReconciliationDifference.Side {
        .init(model: hold.model.model, region: hold.model.region, usage: hold.usage, amount: hold.spent)
    }

    private func side(_ call: InvoicedCall, _ cost: Money?) -> ReconciliationDifference.Side {
        .init(model: call.model, region: call.region, usage: call.usage, amount: cost)
    }

    private func isSamePlace(_ call: InvoicedCall, _ hold: JournaledHold) -> Bool {
        call.region == hold.model.region && isSameModel(call.model, hold.model.model)
    }

    /// What a call costs by its hold's rates, where they are that model's.
    private func cost(of call: InvoicedCall, _ hold: JournaledHold) -> Money? {
        guard isSamePlace(call, hold) else { return costByOthers(call) }
        return call.usage.flatMap { hold.rates?.cost(of: $0) }
    }

    /// What a call costs by the rates that any hold for the same model had and that were in force.
    private func costByOthers(_ call: InvoicedCall) -> Money? {
        guard let usage = call.usage else { return nil }
        return rates[Place(region: call.region, model: modelName(call.model))]?
            .filter { $0.from <= call.at }.max { $0.from < $1.from }?.cost(of: usage)
    }
}
