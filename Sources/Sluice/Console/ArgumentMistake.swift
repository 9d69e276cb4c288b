import ArgumentParser
import StrictYAML

/// What is wrong with a program's arguments, as all its failures are told: one line with what to do next.
struct ArgumentMistake {
    /// The line.
    let sentence: String

    /// Makes a line of what the parser says.
    ///
    /// - Parameters:
    ///   - error: What the parser threw.
    ///   - words: The arguments, without the program's name.
    init(_ error: any Error, in words: some Sequence<String>) {
        let said = Self.unknownCommand(in: words) ?? Self.plain(SluiceCommand.message(for: error))
        let help = SluiceCommand.fullMessage(for: error).firstMatch(of: /See '(?<command>[^']+)' for/)?.command
        // Who was asked what was meant has something to go on already.
        sentence = said.hasSuffix("?") ? said : said + (help.map { "; see `\($0)`" } ?? "")
    }

    /// The parser's sentence, within a line.
    private static func plain(_ message: String) -> String {
        let line = message.split(separator: "\n").map { $0.trimmingPrefix(while: \.isWhitespace) }.joined(
            separator: " ")
        let text = line.hasSuffix(".") ? String(line.dropLast()) : line
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    /// Says which commands there are where one stands that is not there; nil where the mistake is another.
    private static func unknownCommand(in words: some Sequence<String>) -> String? {
        var command: any ParsableCommand.Type = SluiceCommand.self
        for word in words {
            let known = command.configuration.subcommands
            // An option before it, or an argument: the parser says what is wrong with those.
            guard !known.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
            guard let next = known.first(where: { $0._commandName == word }) else {
                let names = known.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
                let hint = nearest(to: word, among: names).map { "did you mean `\($0)`?" }
                return "there is no command `\(word)`; "
                    + (hint ?? "there are \(names.map { "`\($0)`" }.joined(separator: ", "))")
            }
            command = next
        }
        return nil
    }
}
