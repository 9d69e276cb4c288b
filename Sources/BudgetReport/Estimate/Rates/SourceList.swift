import CivilTime
import FoundationEssentials
import Spending

/// The sources of a bill, numbered, so that a line of a narrow table can name its own.
struct SourceList {
    private struct Source: Hashable {
        let text: String
        let asOf: String?
    }

    private var sources: [Source] = []

    init(_ lines: [BillLine]) {
        for source in lines.compactMap(Self.source) where !sources.contains(source) { sources.append(source) }
    }

    private static func source(of line: BillLine) -> Source? {
        line.rate.map { Source(text: $0.source, asOf: $0.asOf) }
    }

    /// The number of a line's source, such as `2`; nil where it has none.
    func mark(of line: BillLine) -> String? {
        Self.source(of: line).flatMap(sources.firstIndex).map { "[\($0 + 1)]" }
    }

    /// A note for each source, with its date, and with a word of warning where that is more than a year ago.
    func notes(at now: Date) -> [String] {
        sources.enumerated().map { index, source in
            let age = source.asOf.flatMap { instant("\($0)T00:00:00Z") }.map { now.timeIntervalSince($0) / 86_400 }
            return "[\(index + 1)] \(source.text)."
                + (source.asOf.map { " As of \($0)\((age ?? 0) > 365 ? ", more than a year ago" : "")." } ?? "")
        }
    }
}
