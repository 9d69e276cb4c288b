import ArgumentParser

/// The command: options and wiring, nothing else.
struct SluiceCommand: AsyncParsableCommand {
    /// What the program is called where it was started.
    private static let programName =
        CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "sluice"

    static let configuration = CommandConfiguration(
        commandName: programName,
        abstract: "Runs functions behind a queue, under a spending limit that cannot be passed.",
        discussion: """
            EXAMPLES
              Ask a question, on this machine, with nothing installed:
                sluice ask "The shop refuses to repair my phone. What can I do?"

              Serve on http://127.0.0.1:9000, and ask over HTTP:
                sluice emulate
                curl -d '{"question": "How do I complain?"}' \\
                  http://127.0.0.1:9000/v1/questions

              Try one function alone, or send a message through a pipeline:
                sluice invoke pii-filter --payload '{"question": "Call me on 9876543210"}'
                sluice send consumer-rights --payload '{"question": "What is a defect?"}'

              See what is spent today:
                sluice budget status

            EXIT CODES
              0 done (a degraded answer too), 1 failed, 2 wrong arguments,
              3 refused by a budget
            """,
        version: "sluice 0.1.0",
        subcommands: [
            EmulateCommand.self, AskCommand.self, SendCommand.self, InvokeCommand.self, BudgetCommand.self,
            HostCommand.self, QueuesCommand.self, DeadCommand.self, HistoryCommand.self, MigrateCommand.self,
            IngestCommand.self, SearchCommand.self, NewCommand.self,
        ])
}
