import Answers
import FoundationEssentials
import FunctionKit
import Spending

extension AnswerReport {
    /// The report for a person.
    ///
    /// - Parameters:
    ///   - width: The columns.
    ///   - place: Where the answer and what it cost are kept, in words that may follow `in`; nil where that was said before.
    /// - Returns: The report.
    package func text(width: Int, place: String? = nil) -> String {
        let name = stages.map(\.function.count).max() ?? 0
        let times = stages.map { String(decimal: $0.milliseconds) }
        let time = times.map(\.count).max() ?? 0
        var lines = ["Question"] + wrap(question, width: width, indent: "  ") + ["", "Stages"]
        for (stage, taken) in zip(stages, times) {
            let function = stage.function.padding(to: name)
            let again = stage.attempt == 1 ? "" : "  (attempt \(stage.attempt))"
            lines.append("  \(function)  \(String(repeating: " ", count: time - taken.count))\(taken) ms\(again)")
        }
        lines += ["", isDegraded ? "Answer (without the model)" : "Answer"]
        for paragraph in answer.split(separator: "\n") {
            lines += wrap(String(paragraph), width: width, indent: "  ")
        }
        if !citations.isEmpty {
            lines += ["", "Rests on"]
            for citation in citations {
                lines += wrap("[\(citation.id)] \(citation.heading)", width: width, indent: "  ", hanging: "    ")
            }
        }
        lines += ["", "Cost"]
        // Without tokens no answer was paid for.
        let isInDoubt = usage.inputTokens == 0 && usage.outputTokens == 0 && cost > .zero
        lines.append(
            isInDoubt
                ? "  $\(cost) charged in doubt, for calls that brought no answer"
                : "  $\(cost) for \(usage.inputTokens) tokens in and \(usage.outputTokens) out")
        if let budget {
            lines.append("  $\(budget.remaining) left of the limit of $\(budget.limit), $\(budget.held) of it held")
        }
        if let place { lines.append("  kept in \(place)") }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Breaks a text into lines of at most `width` columns; a longer word stands alone.
package func wrap(_ text: String, width: Int, indent: String, hanging: String? = nil) -> [String] {
    var lines: [String] = []
    var line = indent
    var isEmpty = true
    for word in text.split(whereSeparator: \.isWhitespace) {
        if !isEmpty, line.count + 1 + word.count > width {
            lines.append(line)
            line = hanging ?? indent
            isEmpty = true
        }
        line += (isEmpty ? "" : " ") + word
        isEmpty = false
    }
    return isEmpty ? lines : lines + [line]
}

extension String {
    fileprivate init(decimal value: Double) {
        self = value < 100 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
    }

    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }
}
