import FoundationEssentials

/// How reports read the ledger in memory.
extension LedgerPages {
    func spending(_ query: SpendQuery) -> [SpendSum] {
        let quarters = query.quarters
        var sums: [SpendKey: SpendAmounts] = [:]
        var asked: Set<[String]> = []
        for entry in journal {
            let isInSpan = quarters.contains(SpendQuarter.number(entry.reservedAt))
            var amounts = entry.amounts
            if case .question = query.grouping, !isInSpan { continue }
            if entry.kind == .settle, asked.insert(Self.asked(entry, by: query.grouping)).inserted {
                amounts.questions = 1
            }
            guard isInSpan, query.scope.contains(entry.model, function: entry.call.function, tenant: entry.tenant)
            else { continue }
            let key = Self.key(
                query.grouping, at: entry.reservedAt, call: entry.call, model: entry.model, tenant: entry.tenant)
            if case .question = key { amounts.replays = nil }
            sums[key] = sums[key].map { $0 + amounts } ?? amounts
        }
        for replay in replays
        where quarters.contains(SpendQuarter.number(replay.at))
            && query.scope.contains(
                replay.call.model, function: replay.call.id.function, tenant: replay.call.tenant)
        {
            let key = Self.key(
                query.grouping, at: replay.at, call: replay.call.id, model: replay.call.model,
                tenant: replay.call.tenant)
            if case .question = key { continue }
            sums[key] = (sums[key] ?? .zero) + SpendAmounts(replays: 1)
        }
        return Self.sorted(sums.map { SpendSum(key: $0.key, amounts: $0.value) }, query.grouping)
    }

    func counters(in span: Range<Date>) -> [PeriodCounter] {
        books.counters.all.filter { $0.key.name.tenant == nil }.map { key, counter in
            PeriodCounter(
                budget: key.name.budget, period: Period(start: key.periodStart, end: Date(milliseconds: counter.endMS)),
                spent: counter.spent, held: counter.held)
        }.filter {
            $0.period.start < span.upperBound && $0.period.end > span.lowerBound
        }.sorted { ($0.budget, $0.period.start) < ($1.budget, $1.period.start) }
    }

    func doubts(of call: CallPlace, to model: ModelID, at now: Date) -> CallDoubts {
        let entries = journal.filter { $0.model == model }
        let answered = entries.last { [.settle, .breach].contains($0.kind) }?.id ?? 0
        let row = entries.filter {
            $0.kind == .charge && $0.id > answered && $0.at >= now - CallDoubts.rowAge / .seconds(1)
                && $0.at <= now + CallDoubts.skewMax / .seconds(1)
        }
        let ofCall = charges(for: call).count { $0.model == model }
        guard let last = row.last?.at, let first = row.suffix(CallDoubts.rowMax).first?.at else {
            return CallDoubts(ofCall: ofCall)
        }
        return CallDoubts(
            ofCall: ofCall, inARow: min(row.count, CallDoubts.rowMax),
            lasted: .seconds(last.timeIntervalSince(first)), sinceLast: .seconds(max(0, now.timeIntervalSince(last))))
    }

    func charged(for call: CallPlace) -> Money {
        charges(for: call).reduce(.zero) { $0.addingUpToLimit($1.spent) }
    }

    /// The entries that charged a call in full, without the orphans that were corrected.
    private func charges(for call: CallPlace) -> [JournalEntry] {
        let entries = journal.filter { call.holds($0.call) }
        let corrected = Set(entries.filter { [.settle, .release].contains($0.kind) }.map(\.holdID))
        return entries.filter { [.charge, .orphan].contains($0.kind) && !corrected.contains($0.holdID) }
    }

    func exceptions(in span: Range<Date>, atMost count: Int) -> [JournalEntry] {
        let entries = journal.filter { [.orphan, .breach].contains($0.kind) && span.contains($0.reservedAt) }
        return Array(entries.sorted { ($0.reservedAt, $0.id) > ($1.reservedAt, $1.id) }.prefix(max(0, count)))
    }

    /// What makes a settlement the first of its kind.
    private static func asked(_ entry: JournalEntry, by grouping: SpendQuery.Grouping) -> [String] {
        switch grouping {
        case .quarter, .tenant, .question: [entry.call.questionID]
        case .function: [entry.call.questionID, entry.call.function]
        case .model: [entry.call.questionID, entry.model.provider, entry.model.region, entry.model.model]
        }
    }

    private static func key(
        _ grouping: SpendQuery.Grouping, at instant: Date, call: CallID, model: ModelID, tenant: String?
    ) -> SpendKey {
        switch grouping {
        case .quarter: .quarter(SpendQuarter.start(SpendQuarter.number(instant)))
        case .function: .function(call.function)
        case .model: .model(model)
        case .tenant: .tenant(tenant.flatMap { $0.isEmpty ? nil : $0 })
        case .question: .question(call.questionID)
        }
    }

    private static func sorted(_ sums: [SpendSum], _ grouping: SpendQuery.Grouping) -> [SpendSum] {
        guard case .question(let count) = grouping else { return sums.sorted { $0.key < $1.key } }
        let dearest = sums.sorted {
            $0.amounts.spent == $1.amounts.spent ? $0.key < $1.key : $0.amounts.spent > $1.amounts.spent
        }
        return Array(dearest.prefix(max(0, count)))
    }
}
