import Foundation
import Testing

/// Every command of the program, as its own tree names them, and what each does with the data folder.
enum CommandTree {
    /// What a command does with the data folder.
    enum Use: Equatable {
        /// It reads what lies there; with the arguments that it needs beside.
        case reads([String])
        /// It needs nothing from there, whatever is set.
        case needsNone([String])
        /// It may begin or change something there.
        case writes
        /// It has no data folder.
        case hasNone
    }

    /// A file in the current folder that ``reading(in:)`` makes.
    private static let log = "log.jsonl"

    /// A new command must be put in here.
    private static let uses: [String: Use] = [
        "emulate": .writes, "ask": .writes, "send": .writes, "host": .writes, "ingest": .hasNone, "migrate": .hasNone,
        "help": .hasNone, "new": .hasNone,
        "invoke": .needsNone(["pii-filter", "--payload", "{\"question\": \"What is a defect?\"}"]),
        "search": .needsNone(["What is a defect?"]),
        "budget status": .reads([]), "budget report": .reads([]), "budget forecast": .reads([]),
        "budget top": .reads([]), "budget verify": .reads([]), "budget export": .reads([]),
        "budget breach list": .reads([]), "budget reconcile": .reads([log]),
        "budget raise": .writes, "budget apply": .writes, "budget clock accept": .writes,
        "budget breach accept": .writes, "budget estimate": .hasNone, "budget prices": .hasNone,
        "budget race": .hasNone, "budget race-process": .hasNone,
        "queues": .reads([]), "dead list": .reads([]), "dead show": .reads(["none"]), "dead replay": .writes,
        "dead purge": .writes, "history export": .reads([]), "history delete-tenant": .writes,
    ]

    private struct Dump: Decodable {
        struct Command: Decodable {
            let commandName: String
            let subcommands: [Command]?
        }

        let command: Command
    }

    /// All commands with their uses; records an issue for one that nobody has put in here.
    static func commands(in folder: URL) async throws -> [(words: [String], use: Use)] {
        let dump = try await SluiceProcess.run(["--experimental-dump-help"], in: folder, hasData: false)
        let root = try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command
        var found: [(words: [String], use: Use)] = []
        func walk(_ command: Dump.Command, _ words: [String]) {
            guard let subcommands = command.subcommands, !subcommands.isEmpty else {
                guard let use = uses[words.joined(separator: " ")] else {
                    Issue.record("nobody has said what `\(words.joined(separator: " "))` does with a data folder")
                    return
                }
                return found.append((words, use))
            }
            for subcommand in subcommands { walk(subcommand, words + [subcommand.commandName]) }
        }
        walk(root, [])
        #expect(found.count >= uses.count)
        return found
    }

    /// All commands that only read a data folder, with what they need beside it.
    static func reading(in folder: URL) async throws -> [[String]] {
        try Data("{}\n".utf8).write(to: folder.appending(path: log))
        return try await commands(in: folder).compactMap { words, use in
            if case .reads(let arguments) = use { words + arguments } else { nil }
        }
    }

    /// All commands that need nothing of it.
    static func needingNone(in folder: URL) async throws -> [[String]] {
        try await commands(in: folder).compactMap { words, use in
            if case .needsNone(let arguments) = use { words + arguments } else { nil }
        }
    }
}
