package import Documents
import Ingestion
import Spending

/// What an ingest did, or would do.
package struct IngestReport: Encodable, Sendable {
    /// A file that was left out.
    struct Skipped: Encodable, Sendable {
        let path, reason: String
    }

    let collection: String
    let dryRun: Bool
    let files, passages, added, replaced, unchanged, repeated, stale, pruned: Int
    let skipped: [Skipped]
    /// The most that the vectors could cost, in US dollars; nil where nothing is paid.
    let costMaxUSD: String?
    let seconds: Double

    private enum CodingKeys: String, CodingKey {
        case collection, files, passages, added, replaced, unchanged, repeated, stale, pruned, skipped, seconds
        case dryRun = "dry_run"
        case costMaxUSD = "cost_max_usd"
    }

    /// What was done, and what was left out.
    package var document: Document {
        var facts = [
            Fact(
                passages == 1 ? "passage" : "passages",
                "\(passages): \(added) added, \(replaced) replaced, \(unchanged) unchanged")
        ]
        if repeated > 0 { facts.append(Fact("repeated", "\(repeated) more that another has word for word")) }
        if pruned > 0 { facts.append(Fact("pruned", "\(pruned)")) }
        if stale > 0 { facts.append(Fact("stale", "\(stale) that no file has; --prune deletes them")) }
        if let costMaxUSD { facts.append(Fact("vectors", "up to $\(costMaxUSD)")) }
        let left = Section(title: "Skipped", [.facts(skipped.map { Fact($0.path, $0.reason) })])
        return Document(
            headline: "\(dryRun ? "Would bring" : "Brought") `\(collection)` up to date with \(files.counted("file"))",
            sections: [Section([.facts(facts)])] + (skipped.isEmpty ? [] : [left]), records: records, value: self)
    }

    private var records: Table {
        let counts = [
            ("files", files), ("passages", passages), ("added", added), ("replaced", replaced),
            ("unchanged", unchanged), ("repeated", repeated), ("pruned", pruned), ("stale", stale),
        ]
        return Table(
            columns: [
                Column("kind", "What"), Column("count", "Count", isNumeric: true), Column("path", "File"),
                Column("reason", "Reason"),
            ],
            rows: counts.map { [.text($0.0), .count($0.1), .none, .none] }
                + skipped.map { [.text("skipped"), .count(1), .text($0.path), .text($0.reason)] })
    }
}

extension IngestReport {
    /// A report on an ingest that has ended.
    init(
        collection: String, corpus: Corpus, plan: IngestPlan, request: IngestRequest, costMax: Money?, took: Duration
    ) {
        let pruned = request.prunes ? plan.stale.count : 0
        self.init(
            collection: collection, dryRun: request.isDryRun, files: corpus.filesRead, passages: corpus.chunks.count,
            added: plan.writes.count - plan.replacements, replaced: plan.replacements, unchanged: plan.unchanged,
            repeated: corpus.repetitions, stale: plan.stale.count - pruned, pruned: pruned,
            skipped: corpus.skipped.map { Skipped(path: $0.path, reason: "\($0.reason)") },
            costMaxUSD: costMax.map { "\($0)" }, seconds: (took / .milliseconds(1)).rounded() / 1000)
    }
}
