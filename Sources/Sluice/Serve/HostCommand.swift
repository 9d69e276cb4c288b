import ArgumentParser
import Composition
import FoundationEssentials
import FunctionHost
import HostProcess
import Logging
import Settings
import Telemetry

/// `sluice host`: the functions on their queues, until it is told to end.
struct HostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "Runs the functions on their queues, as one process of a platform.",
        discussion: """
            EXAMPLES
              sluice host --data /var/lib/sluice
              sluice host --functions rag-core,llm-connector
              curl http://127.0.0.1:8080/readyz

            Any number of hosts share the queues and the limit. On SIGTERM a host takes no
            more work, finishes what is under way within SLUICE_DRAIN_SECONDS, gives back
            the rest and ends with 0; a second SIGTERM cuts that short. Nothing is lost.

            Serves /healthz, /readyz and /metrics on SLUICE_LISTEN_ADDRESS and
            SLUICE_LISTEN_PORT. Asks the real model: set AWS_ACCESS_KEY_ID and
            AWS_SECRET_ACCESS_KEY, and SLUICE_BEDROCK_ENDPOINT to ask another one.
            """)

    @Option(help: ArgumentHelp("Run these alone, such as rag-core,llm-connector.", valueName: "names"))
    var functions: String?

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func run() async throws {
        let settings = try pipeline.settings()
        var options = try pipeline.options(settings, makesTables: true)
        options.functions = functions?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let output = LineOutput.standardOutput
        let logger = ProcessLogger.make(
            settings, level: .info, format: output.isTerminal ? .text : .json, isData: true)
        try await Host(options: options, output: output, logger: logger).run()
    }
}
