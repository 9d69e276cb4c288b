import ArgumentParser
import Composition
import Emulator
import HostProcess
import Logging
import Telemetry

/// `sluice emulate`: the pipeline behind a loopback port, until it is told to end.
struct EmulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulate",
        abstract: "Serves the pipeline on this machine, with nothing else installed.",
        discussion: """
            EXAMPLES
              sluice emulate
              sluice emulate --port 9100 --data /tmp/sluice
              sluice emulate --ephemeral        (keeps nothing on disk)
              aws lambda invoke --endpoint-url http://127.0.0.1:9000 \\
                --function-name pii-filter --payload '{"question": "A?"}' out.json

            It ends with Ctrl-C or with its terminal, once what is under way is finished.
            Set SLUICE_BEDROCK_ENDPOINT and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY to ask the real model.
            """)

    @Option(help: ArgumentHelp("The port on 127.0.0.1; 0 for any that is free.", valueName: "port"))
    var port = 9000

    @Flag(help: "Keep queue, ledger and history in memory.")
    var ephemeral = false

    @Option(help: ArgumentHelp("Ask this question when ready, and print the answer.", valueName: "question"))
    var ask: String?

    @OptionGroup var model: StandInArguments

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
    }

    func run() async throws {
        let settings = try pipeline.settings()
        var options = try pipeline.options(
            settings, isEphemeral: ephemeral, makesTables: true, asksStandIn: model.standIn)
        options.tellsErrors = true
        let emulator = Emulator(
            options: options, port: port, startedAt: SluiceProgram.startedAt,
            logger: ProcessLogger.make(settings, level: .notice))
        let width = CommandOutput.width
        // What is in memory, no other process can ask.
        let askOptions = ephemeral ? nil : model.given + pipeline.given
        try await emulator.run { [ask, ephemeral, options, arguments = self.pipeline] ready, pipeline in
            let data = ephemeral ? "kept in memory" : "in \(options.place)"
            let queues = options.queuePlace.map { ", queues in \($0)" } ?? ""
            // Not waited for: who serves must not depend on who reads along.
            let (output, messages) = (LineStream(.standardOutput), LineStream(.standardError))
            output.write("\(ready.line); data \(data)\(queues)\n")
            guard let ask else { return }
            do {
                let patience = Patience(.seconds(WaitArguments.usual))
                let outcome = try await pipeline.ask(ask, patience: patience) { event in
                    guard case .parked(let parked) = event else { return }
                    let hint = ephemeral ? ParkedHint.text(inMemory: parked) : ParkedHint.text(parked, on: arguments)
                    messages.write("sluice: \(hint)\n")
                }
                if case .answered(let report) = outcome {
                    output.write("\n" + report.text(width: width))
                } else {
                    let sentence = outcome.sentence(WaitArguments.usual, answeredBy: "this program")
                    messages.write("sluice: \(sentence)\n")
                }
            } catch {
                messages.write("sluice: the sample question was not answered: \(error)\n")
            }
            output.write(Self.hint(port: ready.port, askOptions: askOptions))
        }
    }

    private static func hint(port: Int, askOptions: [String]?) -> String {
        let program = CommandLine.arguments.first ?? "sluice"
        let ask =
            askOptions.map { options in
                "  " + ([program, "ask"] + options.map(\.shellWord) + ["\"QUESTION\""]).joined(separator: " ") + "\n"
            } ?? ""
        return """

            Ask more, in another terminal:
            \(ask)  curl -d '{"question": "QUESTION"}' http://127.0.0.1:\(port)/v1/questions
            End with Ctrl-C.

            """
    }
}

extension Emulator.Ready {
    /// One line for a person, and for the test that holds it to its promise.
    fileprivate var line: String {
        let milliseconds = "\(Int(sinceStart / .milliseconds(1))) ms"
        let megabytes = residentBytes.map { "\($0 / 1_000_000) MB" } ?? "? MB"
        return "sluice emulator ready on http://127.0.0.1:\(port) after \(milliseconds) with \(megabytes) resident"
    }
}
