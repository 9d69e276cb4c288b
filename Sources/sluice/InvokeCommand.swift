import ArgumentParser
import Emulator
import Foundation
import FunctionHost
import FunctionKit
import StrictYAML

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

    @Option(help: ArgumentHelp("JSON, @file, or - for standard input.", valueName: "json"))
    var payload = "{}"

    @OptionGroup(title: "Pipeline")
    var pipeline: PipelineArguments

    func run() async throws {
        let input = try read(payload)
        let options = try pipeline.options()
        let logger = try pipeline.logger(.error)
        let output = try await Pipeline.withPipeline(options, logger: logger, runsHost: false) { pipeline in
            let names = pipeline.functions.map(\.settings.name)
            guard let registered = pipeline.functions.first(where: { $0.settings.name == function }) else {
                let hint = nearest(to: function, among: names).map { "did you mean `\($0)`?" }
                throw CommandFailure.wrongArguments(
                    "there is no function `\(function)`; \(hint ?? "there are \(names.joined(separator: ", "))")")
            }
            let context = InvocationContext(
                questionID: UUID().uuidString.lowercased(), functionName: function, attempt: 1,
                deadline: .now + registered.settings.timeout, tenant: nil, trace: TraceContext(), logger: logger,
                drain: pipeline.host.drain)
            switch await pipeline.host.invoker.invoke(registered.function, input, context: context) {
            case .output(let output): return output
            case .failed(let error): throw Self.failure(error)
            case .timedOut: throw CommandFailure.failed("`\(function)` took longer than the manifest allows")
            case .cutShort: throw CommandFailure.failed("interrupted")
            }
        }
        CommandOutput.data(output + Data("\n".utf8))
    }

    private static func failure(_ error: any Error) -> CommandFailure {
        switch error {
        case let error as FunctionError: .wrongArguments(error.description)
        case LanguageModelError.budgetExhausted(let refusal):
            .refused("budget `\(refusal.budget)` is spent until \(refusal.opensAt.formatted(.iso8601))")
        case let error as any DispositionProviding: .failed(error.code)
        default: .failed("the function failed: \(type(of: error))")
        }
    }

    private func read(_ payload: String) throws -> Data {
        let bytes: Data
        if payload == "-" {
            bytes = try FileHandle.standardInput.readToEnd() ?? Data()
        } else if payload.hasPrefix("@") {
            let file = String(payload.dropFirst())
            guard let content = FileManager.default.contents(atPath: file) else {
                throw CommandFailure.failed("cannot read \(file)")
            }
            bytes = content
        } else {
            bytes = Data(payload.utf8)
        }
        guard bytes.count <= Self.payloadBytesMax else {
            throw CommandFailure.wrongArguments(
                "the payload has \(bytes.count) bytes; the most is \(Self.payloadBytesMax)")
        }
        guard (try? JSONSerialization.jsonObject(with: bytes, options: .fragmentsAllowed)) != nil else {
            throw CommandFailure.wrongArguments(
                "--payload is no JSON in UTF-8; write JSON, @file, or - for standard input")
        }
        return bytes
    }
}
