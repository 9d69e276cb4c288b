import ArgumentParser
import Composition
import FoundationEssentials
import Operations

/// `sluice dead`: the messages that nobody could deal with.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "Shows the dead letters, and gives them another life or an end.",
        discussion: """
            EXAMPLES
              sluice dead list --function llm-connector
              sluice dead show 6f1c...
              sluice dead replay 6f1c...
              sluice dead replay --all --function llm-connector
              sluice dead purge --all --yes
            """,
        subcommands: [List.self, Show.self, Replay.self, Purge.self])

    /// Which letters a command changes.
    struct ChoiceArguments: ParsableArguments {
        @Argument(help: ArgumentHelp("The letter's id.", valueName: "id"))
        var id: String?

        @Flag(help: "All letters, or all of --function.")
        var all = false

        @OptionGroup var queues: QueueArguments

        func validate() throws {
            guard (id != nil) != all else { throw ValidationError("name one id, or --all") }
        }

        var choice: DeadLetters.Choice { id.map { .id($0) } ?? .all }
    }

    /// `sluice dead list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists dead letters, the oldest of each function first.")

        @Option(help: ArgumentHelp("The most letters to list.", valueName: "count"))
        var limit = 100

        @OptionGroup var queues: QueueArguments

        func validate() throws {
            guard limit >= 1 else { throw ValidationError("--limit must be at least 1") }
        }

        func run() async throws {
            let list = try await queues.withDeadLetters { dead in
                try await dead.list(function: queues.function, limit: limit)
            }
            try queues.format.write(list.document)
        }
    }

    /// `sluice dead show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what is known of a dead letter, and its body where --payload asks for it.")

        @Argument(help: ArgumentHelp("The letter's id.", valueName: "id"))
        var id: String

        @Flag(help: "Print the body too; it may hold what an asker wrote.")
        var payload = false

        @OptionGroup var queues: QueueArguments

        func run() async throws {
            let details = try await queues.withDeadLetters { dead in
                try await dead.show(id, function: queues.function, showsPayload: payload)
            }
            try queues.format.write(details.document)
        }
    }

    /// `sluice dead replay`.
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts dead letters back into their function's queue, with their id, as a first attempt.")

        @OptionGroup var letters: ChoiceArguments

        func run() async throws {
            let changes = try await letters.queues.withDeadLetters(for: .changing) { dead in
                try await dead.replay(letters.choice, function: letters.queues.function)
            }
            try letters.queues.format.write(changes.document("replayed"))
            guard changes.isWhole else { throw CommandFailure.failed("not all letters were replayed") }
        }
    }

    /// `sluice dead purge`.
    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Deletes dead letters for good.")

        @Flag(help: "Really delete; nothing brings them back.")
        var yes = false

        @OptionGroup var letters: ChoiceArguments

        func run() async throws {
            guard yes else {
                throw CommandFailure.wrongArguments("this deletes dead letters for good; add --yes to do it")
            }
            let changes = try await letters.queues.withDeadLetters(for: .changing) { dead in
                try await dead.purge(letters.choice, function: letters.queues.function)
            }
            try letters.queues.format.write(changes.document("deleted"))
        }
    }
}
