import Foundation

/// What a reader of the tutorial does, in the order of its text.
struct Tutorial {
    enum Step: Equatable {
        /// Writes a file of the package.
        case file(path: String, text: String)
        /// Types a command, and sees what it prints; nothing where the text shows nothing.
        case command(String, output: String)
    }

    let steps: [Step]

    /// Reads the steps out of the tutorial's file.
    ///
    /// A block of `console` holds commands after `$ ` with what they print; another block is the file that the line before
    /// it begins with, between backquotes.
    init() throws {
        let path = SluiceProcess.repository + "/Sources/Sluice/Documentation.docc/Tutorial.md"
        var steps: [Step] = []
        var file: String?
        var block: (language: Substring, lines: [Substring])?
        for line in try String(contentsOfFile: path, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if line.hasPrefix("```"), let ended = block {
                if ended.language == "console" {
                    steps += Self.commands(ended.lines)
                } else if let file {
                    steps.append(.file(path: file, text: ended.lines.map { $0 + "\n" }.joined()))
                }
                (block, file) = (nil, nil)
            } else if line.hasPrefix("```") {
                block = (line.dropFirst(3), [])
            } else if block != nil {
                block?.lines.append(line)
            } else if let name = line.prefixMatch(of: /`([^`]+\.[a-z]+)`/)?.1 {
                file = String(name)
            }
        }
        self.steps = steps
    }

    private static func commands(_ lines: [Substring]) -> [Step] {
        lines.reduce(into: [(command: Substring, output: [Substring])]()) { commands, line in
            if line.hasPrefix("$ ") {
                commands.append((line.dropFirst(2), []))
            } else if !commands.isEmpty {
                commands[commands.count - 1].output.append(line)
            }
        }.map { .command(String($0.command), output: $0.output.joined(separator: "\n")) }
    }
}
