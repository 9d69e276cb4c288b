package import Composition
package import FoundationEssentials
import FunctionHost
import FunctionKit
package import Logging
import ServiceLifecycle
import StrictYAML

extension Pipeline {
    /// Invokes one function once, outside its queue, under the manifest's timeout.
    ///
    /// - Parameters:
    ///   - name: The function's.
    ///   - payload: Its input, as JSON.
    ///   - patience: How long to wait, where the manifest allows more.
    ///   - logger: Gets what the function has to say.
    /// - Returns: Its output, as JSON.
    /// - Throws: ``InvokeProblem``.
    package func invoke(
        _ name: String, payload: Data, patience: Patience, logger: Logger
    ) async throws(InvokeProblem) -> Data {
        let names = functions.map(\.settings.name)
        guard let registered = functions.first(where: { $0.settings.name == name }) else {
            let hint = nearest(to: name, among: names).map { "did you mean `\($0)`?" }
            throw .unknownFunction(hint: hint ?? "there are \(names.map { "`\($0)`" }.joined(separator: ", "))")
        }
        let context = InvocationContext(
            runID: UUID().uuidString.lowercased(), functionName: name, attempt: 1,
            deadline: min(patience.end, .now + registered.settings.timeout), tenant: nil, trace: TraceContext(),
            logger: logger, drain: host.drain)
        let invoker = host.invoker
        let ending = await withGracefulShutdownHandler {
            await invoker.invoke(registered.function, payload, context: context)
        } onGracefulShutdown: {
            // Somebody waits for it, and has had enough.
            invoker.cutShort()
        }
        switch ending {
        case .output(let output): return output
        case .failed(let error):
            throw InvokeProblem(error, of: registered.settings, patience, isOver: context.remaining <= .zero)
        case .timedOut: throw .late(registered.settings, patience)
        case .cutShort: throw .failed("interrupted; nothing was kept")
        }
    }
}
