import ArgumentParser
import Composition
import Emulator
import Foundation
import HostProcess
import Logging

/// `sluice invoke`: one function alone, JSON in, JSON out.
struct InvokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke",
        abstract: "Invokes one function, with the same contract as the host.",
        discussion: """
            EXAMPLES
              sluice invoke pii-filter --payload '{"question": "Call me on 9876543210"}'
              sluice invoke rag-core --payload @functions/rag-core/events/question.json
              sluice invoke pii-filter --payload - < event.json | sluice invoke rag-core --payload -
            """)

    /// The most bytes of a payload: that of a synchronous Lambda invocation.
    private static let payloadBytesMax = 6 << 20

    @Argument(help: ArgumentHelp("The function's name in the manifest.", valueName: "function"))
    var function: String

    @OptionGroup var payload: PayloadArguments

    @OptionGroup var wait: WaitArguments

    @OptionGroup var model: StandInArguments

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func run() async throws {
        let input = try payload.read(atMost: Self.payloadBytesMax)
        let patience = wait.patience
        let settings = try pipeline.settings()
        var options = try pipeline.options(settings, asksStandIn: model.standIn)
        // A name that the manifest does not have is refused before anything is opened.
        options.functions = [function]
        options.patience = patience
        let end = WaitEnd(
            patience,
            saying:
                "`\(function)` gave nothing within \(wait.wait) s: \(WaitEnd.closed); nothing was kept: run it again")
        defer { end.isOver() }
        let logger = ProcessLogger.make(settings, level: .warning)
        let output: Data
        do {
            output = try await Pipeline.withPipeline(options, model: .emulated, logger: logger, for: .invoking) {
                [function] pipeline in
                let output = try await pipeline.invoke(function, payload: input, patience: patience, logger: logger)
                end.isOver()
                return output
            }
        } catch let problem as InvokeProblem {
            throw CommandFailure(problem, function: function)
        }
        CommandOutput.data(output + Data("\n".utf8))
    }
}

extension CommandFailure {
    fileprivate init(_ problem: InvokeProblem, function: String) {
        self =
            switch problem {
            case .unknownFunction(let hint): .wrongArguments("there is no function `\(function)`; \(hint)")
            case .badInput(let reason): .wrongArguments(reason)
            case .refused(let explanation): .refused(explanation)
            case .failed(let reason): .failed(reason)
            }
    }
}
