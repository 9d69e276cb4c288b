import ArgumentParser
import Composition
import Emulator
import FoundationEssentials
import FunctionHost
import HostProcess
import Logging

/// `sluice send`: one message through a pipeline, JSON in, JSON out.
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Sends a message through a pipeline and prints the last function's output.",
        discussion: """
            The message is durable from the moment it is accepted; this process works on it too.
            Sent again under its id it is the same run, which is worked on and paid for once.

            EXAMPLES
              sluice send consumer-rights --payload '{"question": "What is a defect?"}'
              sluice send digests --payload @article.json --id article-7
              sluice send digests --payload - --no-wait < article.json
            """)

    @Argument(help: ArgumentHelp("The pipeline's name in the manifest.", valueName: "pipeline"))
    var name: String

    @OptionGroup var payload: PayloadArguments

    @Option(help: ArgumentHelp("The run's id; left out: a new one.", valueName: "id"))
    var id: String?

    @Flag(help: "Print the run's id once it is accepted, and leave the work to others.")
    var noWait = false

    @OptionGroup var wait: WaitArguments

    @OptionGroup var model: StandInArguments

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func run() async throws {
        let input = try payload.read(atMost: FrontDoor.payloadBytesMax)
        // Chosen here, so that a person who waited in vain has it.
        let id = id ?? UUID().uuidString.lowercased()
        let patience = wait.patience
        let settings = try pipeline.settings()
        var options = try pipeline.options(settings, asksStandIn: model.standIn)
        options.pipeline = .named(name)
        options.patience = patience
        options.tellsErrors = true
        let end = WaitEnd(
            patience,
            saying: "the message was not accepted within \(wait.wait) s: \(WaitEnd.closed); send it again then")
        defer { end.isOver() }
        let logger = ProcessLogger.make(settings, level: .warning)
        do throws {
            guard !noWait else {
                let id = try await Pipeline.withPipeline(options, model: .emulated, logger: logger, for: .sending) {
                    [self] pipeline in
                    end.say(inDoubt(id))
                    let id = try await pipeline.send(input, to: name, id: id)
                    end.isOver()
                    return id
                }
                return CommandOutput.data(id + "\n")
            }
            let outcome = try await Pipeline.withPipeline(options, model: .emulated, logger: logger) {
                [self] pipeline in
                try await send(input, as: id, pipeline, patience, end)
            }
            if case .done(let output) = outcome { return CommandOutput.data(output + Data("\n".utf8)) }
            throw CommandFailure(outcome, seconds: wait.wait)
        } catch let error as FrontDoorError {
            throw CommandFailure(unsent: error)
        }
    }

    /// What is said where the time is up while the message is on its way to the queue.
    private func inDoubt(_ id: String) -> String {
        "within \(wait.wait) s nobody said whether the message is accepted: \(WaitEnd.closed); send it again with"
            + " --id \(id), which is the same run"
    }

    /// Sends, and lets go of the pipeline when the wait is over.
    private func send(
        _ input: Data, as id: String, _ pipeline: Pipeline, _ patience: Patience, _ end: WaitEnd
    ) async throws -> SendOutcome {
        end.say(inDoubt(id))
        let outcome: SendOutcome
        do {
            outcome = try await pipeline.send(input, to: name, id: id, patience: patience) { [self] event in
                switch event {
                case .accepted(let id):
                    end.say(CommandFailure(.waiting(id: id, reason: nil), seconds: wait.wait).message)
                case .parked(let parked):
                    CommandOutput.message("sluice: \(ParkedHint.text(parked, called: "run", on: self.pipeline))")
                }
            }
        } catch let error as FrontDoorError {
            end.say(CommandFailure(unsent: error).message)
            throw error
        }
        if case .waiting = outcome {
            end.say(CommandFailure(outcome, seconds: wait.wait).message)
            // Nobody waits for what is still under way.
            pipeline.host.cutShort()
        } else {
            end.isOver()
        }
        return outcome
    }
}

extension CommandFailure {
    /// Why there is no output to print.
    fileprivate init(_ outcome: SendOutcome, seconds: Int) {
        self =
            switch outcome {
            case .done: .failed("the run is done")
            case .refused(let explanation): .refused(explanation)
            case .failed(let reason): .failed(reason)
            case .waiting(let id, let reason):
                .failed(
                    "run \(id) did not end within \(seconds) s\(reason.map { ": \($0)" } ?? "");"
                        + " it stays accepted and is worked on by the next sluice on this data")
            case .interrupted(let id):
                .failed("interrupted; run \(id) is kept and worked on by the next sluice on this data")
            }
    }

    /// Why a message was not accepted, or may not have been.
    fileprivate init(unsent error: FrontDoorError) {
        self =
            switch error {
            case .badID, .badTenant, .notJSON, .payloadTooLong, .unreadable, .taken: .wrongArguments(error.sentence)
            case .unconfirmed(let id):
                .failed(
                    "the message may have been accepted, as \(id): send it again with --id \(id), which is the same run"
                )
            default: .failed(error.sentence)
            }
    }
}
