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

    init(
        collection: String, corpus: Corpus, plan: IngestPlan, request: IngestRequest, costMax: Money?, took: Duration
    ) {
        self.collection = collection
        dryRun = request.isDryRun
        files = corpus.filesRead
        passages = corpus.chunks.count
        added = plan.writes.count - plan.replacements
        replaced = plan.replacements
        unchanged = plan.unchanged
        repeated = corpus.repetitions
        pruned = request.prunes ? plan.stale.count : 0
        stale = plan.stale.count - pruned
        skipped = corpus.skipped.map { Skipped(path: $0.path, reason: "\($0.reason)") }
        costMaxUSD = costMax.map { "\($0)" }
        seconds = (took / .milliseconds(1)).rounded() / 1000
    }

    /// The report for a person.
    package var text: String {
        var lines = [
            "\(dryRun ? "Would bring" : "Brought") `\(collection)` up to date with \(files) \(noun(files, "file"))"
        ]
        lines.append(
            "  \(passages) \(noun(passages, "passage")): \(added) added, \(replaced) replaced, \(unchanged) unchanged")
        if repeated > 0 { lines.append("  \(repeated) more that another has word for word") }
        if pruned > 0 { lines.append("  \(pruned) pruned") }
        if stale > 0 { lines.append("  \(stale) in the collection that no file has; --prune deletes them") }
        if let costMaxUSD { lines.append("  vectors: up to $\(costMaxUSD)") }
        if !skipped.isEmpty { lines.append("Skipped") }
        for file in skipped { lines.append("  \(file.path): \(file.reason)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func noun(_ count: Int, _ noun: String) -> String { count == 1 ? noun : noun + "s" }
}
