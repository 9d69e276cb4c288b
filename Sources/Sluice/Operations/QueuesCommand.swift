import ArgumentParser
import Operations

/// `sluice queues`: how many messages wait, and for what.
struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues",
        abstract: "Shows each queue with its messages.",
        discussion: """
            EXAMPLES
              sluice queues
              sluice queues --format json | jq '.queues[] | select(.queue == "dead")'
            """)

    @OptionGroup var queues: QueueArguments

    func run() async throws {
        let report = try await queues.withQueues { access in
            try await QueueReport(access, function: queues.function)
        }
        try queues.format.write(report.document)
    }
}
