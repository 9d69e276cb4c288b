/// What a prompt in Llama 3's chat template asks.
///
/// The user turn holds passages and a question:
///
///     Passages:
///
///     [id] Heading
///     text, in one or more lines
///
///     Question: the question
///
/// and the system turn may say what to reply where they hold no answer: `... reply with exactly: "..."`.
struct Conversation {
    /// One passage.
    struct Passage: Hashable {
        let id: String
        let heading: String
        let lines: [String]
    }

    let passages: [Passage]
    let question: String
    /// The reply to a question that the passages do not answer; nil where the prompt names none.
    let unanswerable: String?

    init(_ prompt: String) {
        let user = Self.turn("user", of: prompt) ?? prompt
        let system = Self.turn("system", of: prompt) ?? ""
        var lines = user.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        let label = "Question: "
        if let last = lines.lastIndex(where: { $0.hasPrefix(label) }) {
            question = ([String(lines[last].dropFirst(label.count))] + lines[(last + 1)...]).joined(separator: " ")
            lines.removeSubrange(last...)
            passages = Self.passages(lines)
        } else {
            question = user
            passages = []
        }
        unanswerable = system.firstMatch(of: /reply with exactly: "([^"]+)"/).map { String($0.output.1) }
    }

    /// The last turn of a role; nil where the prompt has none.
    private static func turn(_ role: String, of prompt: String) -> String? {
        let header = "<|start_header_id|>\(role)<|end_header_id|>"
        guard let start = prompt.ranges(of: header).last?.upperBound else { return nil }
        let end = prompt[start...].firstRange(of: "<|eot_id|>")?.lowerBound ?? prompt.endIndex
        return String(prompt[start..<end].drop { $0.isNewline })
    }

    /// A passage begins behind a blank line with its id in brackets.
    private static func passages(_ lines: [String]) -> [Passage] {
        var blocks: [(id: String, heading: String, lines: [String])] = []
        var isBehindBlank = true
        for line in lines {
            if isBehindBlank, let match = line.wholeMatch(of: /\[([^\[\]]+)\] (.*)/) {
                blocks.append((String(match.output.1), String(match.output.2), []))
            } else if !line.isEmpty, !blocks.isEmpty {
                blocks[blocks.count - 1].lines.append(line)
            }
            isBehindBlank = line.isEmpty
        }
        return blocks.map { Passage(id: $0.id, heading: $0.heading, lines: $0.lines) }
    }
}
