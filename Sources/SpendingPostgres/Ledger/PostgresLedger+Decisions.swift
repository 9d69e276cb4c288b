import FoundationEssentials
import FunctionKit
import Postgres
package import Spending

/// What people decide.
extension PostgresLedger {
    package func offer(_ limits: BudgetSet, by name: String) async throws(GovernorError) -> LimitsOffer {
        try await deciding { decider in
            var books = decider.books
            books.allLimits = try await decider.limits(self.knownLimits)
            let (offer, decision) = books.offer(limits, by: name)
            if let decision { try await decider.note(decision) }
            return offer
        }
    }

    package func decide(
        _ request: DecisionRequest, by name: String, reason: String
    ) async throws(GovernorError) -> LedgerDecision {
        try await deciding { decider in
            var books = decider.books
            var open: [HoldID] = []
            switch request {
            case .limits: books.allLimits = try await decider.limits(self.knownLimits)
            case .breach(let model): open = try await decider.openBreaches(of: model)
            case .clock: break
            }
            let decision = try books.decide(request, openBreaches: open, by: name, reason: reason)
            if case .clock(let left) = decision.matter { try await decider.setBack(from: left, to: decision.at) }
            try await decider.note(decision)
            if case .breach(let model, _) = decision.matter { try await decider.accept(model) }
            return decision
        }
    }

    package func decisions() async throws(GovernorError) -> [LedgerDecision] {
        try await reading { client in
            try await client.run(
                PostgresStatement(
                    """
                    SELECT kind, subject, content, at_ms, brought_by, reason, after_entry FROM decisions ORDER BY id
                    """)
            ).rows.map { row in
                LedgerDecision(
                    matter: try DecisionRow(kind: row.get(0), subject: row.get(1), content: row.get(2)).matter(),
                    at: Date(milliseconds: try row.get(3)), by: try row.get(4), reason: try row.get(5),
                    afterEntry: try row.get(6))
            }
        }
    }

    package func breaches() async throws(GovernorError) -> [JournaledBreach] {
        try await reading { client in
            let rows = try await client.run(
                PostgresStatement(
                    """
                    SELECT breaches.hold_id, breaches.provider, breaches.region, breaches.model, input_bytes, messages,
                        output_tokens_max,
                        breaches.input_tokens, breaches.output_tokens, breaches.cache_read_tokens,
                        breaches.cache_write_tokens, accepted_by IS NOT NULL, entry.id
                    FROM breaches LEFT JOIN journal AS entry ON entry.hold_id = breaches.hold_id AND entry.kind = 'breach'
                    ORDER BY breaches.hold_id
                    """)
            ).rows
            let holds = try rows.map { try $0.get(0, as: Int64.self) }
            let entries = try await JournalReader.entries(
                holds + rows.compactMap { try $0.get(12, as: Int64?.self) }, client)
            let bounds = Dictionary(entries.filter { $0.kind == .reserve }.map { ($0.holdID, $0.held) }) { $1 }
            let ends = Dictionary(entries.filter { $0.kind == .breach }.map { ($0.holdID, $0) }) { $1 }
            return try rows.map { row in
                let holdID = HoldID(number: try row.get(0))
                return JournaledBreach(
                    holdID: holdID,
                    model: ModelID(provider: try row.get(1), region: try row.get(2), model: try row.get(3)),
                    breach: Breach(
                        inputBytes: try row.get(4), messages: try row.get(5), outputTokensMax: try row.get(6),
                        usage: TokenUsage(
                            inputTokens: try row.get(7), outputTokens: try row.get(8),
                            cacheReadTokens: try row.get(9), cacheWriteTokens: try row.get(10))),
                    at: ends[holdID]?.at, bound: bounds[holdID], cost: ends[holdID]?.cost,
                    isAccepted: try row.get(11))
            }
        }
    }

    /// Decides in a transaction that has the ledger to itself.
    private func deciding<Value: Sendable>(
        _ body: @Sendable (LedgerDecider) async throws -> Value
    ) async throws(GovernorError) -> Value {
        try await writing { client in
            try await client.withTransaction(attemptsMax: 3) { connection in
                let head = try await self.head(on: connection)
                return try await body(
                    LedgerDecider(connection: connection, books: LedgerBooks(head, owner: self.ownerID)))
            }
        }
    }
}

/// The steps of a decision, within its transaction.
private struct LedgerDecider {
    let connection: PostgresConnection
    let books: LedgerBooks

    func limits(_ known: KnownLimits) async throws -> [LedgerLimits] {
        let rows = try await connection.run(LedgerReader.limits(unless: known.head)).rows
        return try LedgerReader.limits(rows, known)
    }

    func note(_ decision: LedgerDecision) async throws {
        let row = DecisionRow(decision.matter)
        _ = try await connection.run(
            PostgresStatement(
                """
                WITH decided AS (UPDATE ledger_head SET raised_ms = $1)
                INSERT INTO decisions (at_ms, kind, subject, content, brought_by, reason, after_entry)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                [
                    .int8(decision.at.milliseconds), .text(row.kind), .text(row.subject), .text(row.content),
                    .text(decision.by), .text(decision.reason), .int8(decision.afterEntry),
                ]))
    }

    /// Goes on at the clock's instant: nothing waits for the one that is left any more.
    func setBack(from now: Date, to clock: Date) async throws {
        let raises = try await connection.run(
            PostgresStatement("SELECT budget, limit_nano_usd, at_ms, until_ms, reason, kind FROM raises ORDER BY id")
        ).rows.map { try BudgetRaise($0) }.restated(at: clock)
        let at = PostgresValue.int8(clock.milliseconds)
        _ = try await connection.pipeline([
            PostgresStatement("UPDATE ledger_head SET at_ms = $1", [at]),
            // Those who live renew their leases from now on. One that has ended and was not swept yet ends anew: what ended by the
            // head's instant is looked at no more.
            PostgresStatement(
                """
                UPDATE holds SET lease_until_ms = $1 + greatest(1, lease_until_ms - $2::int8)
                WHERE NOT is_orphan OR lease_until_ms > $1
                """, [at, .int8(now.milliseconds)]),
            PostgresStatement("UPDATE responses SET stored_ms = $1 WHERE stored_ms > $1", [at]),
            PostgresStatement("UPDATE alerts SET claimed_until_ms = $1 WHERE claimed_until_ms > $1", [at]),
            PostgresStatement(
                """
                INSERT INTO raises (at_ms, budget, limit_nano_usd, until_ms, reason, kind)
                SELECT $1, * FROM unnest($2::text[], $3::int8[], $4::int8[], $5::text[], $6::text[])
                """,
                [
                    at, .texts(raises.map(\.budget)), .int8s(raises.map(\.limit.nanoUSD)),
                    .int8s(raises.map(\.until.milliseconds)), .texts(raises.map(\.reason)),
                    .texts(raises.map(\.kind.rawValue)),
                ]),
        ])
    }

    private static let openBreaches = "provider = $1 AND region = $2 AND model = $3 AND accepted_by IS NULL"

    func openBreaches(of model: ModelID) async throws -> [HoldID] {
        try await connection.run(
            PostgresStatement(
                "SELECT hold_id FROM breaches WHERE \(Self.openBreaches) ORDER BY hold_id", model.values)
        ).rows.map { HoldID(number: try $0.get(0)) }
    }

    /// Marks a model's breaches as accepted by the last decision.
    func accept(_ model: ModelID) async throws {
        _ = try await connection.run(
            PostgresStatement(
                "UPDATE breaches SET accepted_by = (SELECT max(id) FROM decisions) WHERE \(Self.openBreaches)",
                model.values))
    }
}

extension ModelID {
    fileprivate var values: [PostgresValue] { [.text(provider), .text(region), .text(model)] }
}
