import FunctionKit

/// A prompt in Llama 3's chat template that fits a number of bytes.
///
/// Template: <https://github.com/meta-llama/llama-models/blob/main/models/llama3/prompt_format.md>. Text from outside
/// cannot end or begin a turn: the two characters that open a special token, and the two that close it, are parted by a
/// space. Nor can it pass for another passage: a blank line within a passage is dropped, and the question, which comes
/// last, is one line.
struct Prompt {
    /// The whole prompt.
    let text: String
    /// The passages that are in it, best first; those that did not fit are missing.
    let passages: [Passage]

    /// Writes the prompt.
    ///
    /// Where all of it does not fit, the lowest passages are left out; then the question is cut to half of the room, and
    /// then the text of the best passage.
    ///
    /// - Parameters:
    ///   - question: What is asked.
    ///   - passages: Best first, at least one.
    ///   - bytesMax: At least ``ModelParameters/promptBytesMin``.
    init(question: String, passages: [Passage], bytesMax: Int) {
        let room = bytesMax - Self.turns(user: Self.userTurn(passages: [], question: "")).utf8.count
        let question = Self.oneLine(question).prefix(bytesMax: room / 2)
        var left = room - question.utf8.count
        var blocks: [String] = []
        for passage in passages {
            let block = Self.block(passage)
            guard block.utf8.count <= left else { break }
            blocks.append(block)
            left -= block.utf8.count
        }
        if blocks.isEmpty, let best = passages.first {
            blocks.append(Self.block(best, bytesMax: left))
        }
        self.passages = Array(passages.prefix(blocks.count))
        text = Self.turns(user: Self.userTurn(passages: blocks, question: question))
    }

    private static func turns(user: String) -> String {
        "<|begin_of_text|>" + turn("system", Wording.instructions) + turn("user", user)
            + "<|start_header_id|>assistant<|end_header_id|>\n\n"
    }

    private static func turn(_ role: String, _ text: String) -> String {
        "<|start_header_id|>\(role)<|end_header_id|>\n\n\(text)<|eot_id|>"
    }

    private static func userTurn(passages: [String], question: String) -> String {
        "Passages:\n\n" + passages.joined() + "Question: " + question
    }

    /// A passage with the blank line that ends it.
    private static func block(_ passage: Passage) -> String {
        heading(passage) + lines(passage.text) + "\n\n"
    }

    /// A passage whose text, and at worst whose heading, is cut.
    private static func block(_ passage: Passage, bytesMax: Int) -> String {
        let heading = heading(passage).prefix(bytesMax: bytesMax - 2)
        return heading + lines(passage.text).prefix(bytesMax: bytesMax - 2 - heading.utf8.count) + "\n\n"
    }

    private static func heading(_ passage: Passage) -> String {
        "[\(oneLine(passage.id))] \(oneLine(passage.heading))\n"
    }

    private static func oneLine(_ text: String) -> String {
        harmless(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }

    private static func lines(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).filter { $0.contains { !$0.isWhitespace } }
        return harmless(lines.joined(separator: "\n"))
    }

    /// The text with a space within each `<|` and `|>`.
    ///
    /// Looks at bytes, as the tokeniser does: as a `Character`, a `|` with a combining mark is no `|`.
    private static func harmless(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch (bytes.last, byte) {
            case (UInt8(ascii: "<"), UInt8(ascii: "|")), (UInt8(ascii: "|"), UInt8(ascii: ">")):
                bytes += [UInt8(ascii: " "), byte]
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    /// As much of the beginning as fits, in whole characters.
    fileprivate func prefix(bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        var bytes = 0
        return String(
            prefix { character in
                bytes += character.utf8.count
                return bytes <= bytesMax
            })
    }
}
