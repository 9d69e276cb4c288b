import FoundationEssentials
import FunctionHost
import FunctionKit
import Hummingbird
import Logging
import NIOCore
import Spending
import StrictYAML

/// Lambda's own invoke API, for one function at a time: `POST /2015-03-31/functions/NAME/invocations`.
///
/// AWS's clients speak it; see `Lambda.md`. What is invoked so stands in no queue: where it fails, nobody but the caller does
/// it again.
package struct LambdaRoutes {
    /// Who may ask.
    package enum Callers: Sendable {
        /// The developer at whose terminal the process runs: any function may be invoked, and an error tells all it knows.
        case developer
        /// Anybody who reaches the port: a pipeline begins with its first function, so that nothing passes by what that one
        /// takes out; of a foreign error its type alone is told, and a tenant cannot be made up.
        case anybody
    }

    /// Of a payload and of an answer: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
    static let payloadBytesMax = 6 << 20

    let functions: [RegisteredFunction]
    let invoker: Invoker
    let drain: DrainSignal
    let callers: Callers
    let logger: Logger
    private let room = LambdaRoom()

    init(
        functions: [RegisteredFunction], invoker: Invoker, drain: DrainSignal, callers: Callers, logger: Logger
    ) {
        self.functions = functions
        self.invoker = invoker
        self.drain = drain
        self.callers = callers
        self.logger = logger
    }

    init(_ pipeline: Pipeline, callers: Callers, logger: Logger) {
        self.init(
            functions: pipeline.functions, invoker: pipeline.host.invoker, drain: pipeline.host.drain, callers: callers,
            logger: logger)
    }

    func add(to router: Router<ConnectionContext>) {
        router.post("2015-03-31/functions/:name/invocations") { [self] request, context in
            var reply: Reply
            var id: String?
            do throws(LambdaError) {
                let asked = try LambdaRequest(request, name: context.parameters.get("name") ?? "")
                id = asked.id
                reply = try await answer(asked) { try context.body(of: request, upTo: Self.payloadBytesMax) }
            } catch {
                reply = error.reply
            }
            reply.headers[named: "x-amzn-RequestId"] = id ?? LambdaRequest.id(request.headers)
            return reply
        }
    }

    private func answer(
        _ asked: LambdaRequest, _ body: () throws -> RequestBody
    ) async throws(LambdaError) -> Reply {
        let function = try function(asked)
        guard drain.deadline == nil else { throw .ending }
        guard !asked.isDryRun else {
            var reply = Reply(.noContent, json: Data())
            reply.headers = [:]
            return reply
        }
        // From here on a draining host waits for the answer.
        invoker.underWay.begin()
        defer { invoker.underWay.end() }
        var taken = 0
        defer { room.free(bytes: taken) }
        var payload = try await read(body, &taken)
        if payload.isEmpty { payload = Data("{}".utf8) }
        guard JSONText.isOne(payload) else {
            throw LambdaError(.content, "Could not parse request body into json: it is no valid JSON in UTF-8")
        }
        guard room.enter(function.settings.name, atMost: function.settings.concurrency) else {
            throw LambdaError(
                .concurrency,
                "`\(function.settings.name)` runs \(function.settings.concurrency) times at once already; call again in a"
                    + " moment, or raise its `concurrency` in the manifest")
        }
        defer { room.leave(function.settings.name) }
        guard drain.deadline == nil else { throw .ending }
        return try await invoke(function, payload, asked)
    }

    /// The function that a caller may invoke.
    private func function(_ asked: LambdaRequest) throws(LambdaError) -> RegisteredFunction {
        let name = asked.function.name
        let later = Set(functions.compactMap(\.settings.next))
        let names = functions.map(\.settings.name).filter { callers == .developer || !later.contains($0) }
        guard let function = functions.first(where: { $0.settings.name == name }) else {
            let hint = nearest(to: name, among: names).map { "did you mean `\($0)`?" }
            throw LambdaError(
                .notFound,
                "Function not found: \(name); \(hint ?? "there are \(names.map { "`\($0)`" }.joined(separator: ", "))")"
            )
        }
        guard names.contains(name) else {
            throw LambdaError(
                .access,
                "`\(name)` takes what another function gives; a host is asked for the first of a pipeline:"
                    + " \(names.map { "`\($0)`" }.joined(separator: ", "))")
        }
        guard callers == .developer || asked.tenant == nil else {
            throw LambdaError(.parameter, "a host takes no caller's word for who it is; leave the tenant out")
        }
        return function
    }

    private func read(_ body: () throws -> RequestBody, _ taken: inout Int) async throws(LambdaError) -> Data {
        var payload = Data()
        do {
            for try await piece in try body() {
                guard payload.count + piece.readableBytes <= Self.payloadBytesMax else {
                    throw HTTPError(.contentTooLarge)
                }
                guard room.take(bytes: piece.readableBytes) else {
                    throw LambdaError(.host, "too many large payloads are being worked on; call again in a moment")
                }
                taken += piece.readableBytes
                payload.append(contentsOf: piece.readableBytesView)
            }
        } catch let error as LambdaError {
            throw error
        } catch let error as HTTPError where error.status == .contentTooLarge {
            throw LambdaError(
                .tooLarge,
                "Request must be smaller than \(Self.payloadBytesMax) bytes for the InvokeFunction operation")
        } catch {
            throw LambdaError(.content, "the payload did not come whole; send it again")
        }
        return payload
    }

    private func invoke(
        _ function: RegisteredFunction, _ payload: Data, _ asked: LambdaRequest
    ) async throws(LambdaError) -> Reply {
        let name = function.settings.name
        var logger = logger
        logger[metadataKey: LogKey.questionID] = "\(asked.id)"
        logger[metadataKey: LogKey.functionName] = "\(name)"
        let tail = asked.wantsLog ? LogTail() : nil
        tail?.add("START RequestId: \(asked.id) Version: \(LambdaFunctionName.version)")
        let context = InvocationContext(
            runID: asked.id, functionName: name, attempt: 1, deadline: .now + function.settings.timeout,
            tenant: asked.tenant, trace: asked.trace, logger: tail?.logger(beside: logger) ?? logger, drain: drain)
        let start = ContinuousClock.now
        // Goes on also where the caller has gone: what was begun may be paid for.
        let ending = await invoker.invoke(function.function, payload, context: context)
        let result = try LambdaResult(
            ending, of: function.settings, id: asked.id, isDraining: drain.deadline != nil, tells: callers == .developer
        )
        if let error = result.error {
            tail?.add("ERROR \(error.errorType): \(error.errorMessage)")
            var metadata: Logger.Metadata = [LogKey.error: "\(error.code)"]
            if callers == .developer { metadata[LogKey.errorText] = "\(error.errorType): \(error.errorMessage)" }
            logger.warning("invocation failed", metadata: metadata)
        }
        tail?.end(id: asked.id, took: .now - start, cost: Money(nanoUSD: context.chargedNanoUSD))
        return result.reply(tail)
    }
}

extension LogTail {
    /// Adds the last lines, as Lambda writes them, with what was paid beside them.
    fileprivate func end(id: String, took: Duration, cost: Money) {
        let milliseconds = took / .milliseconds(1)
        add("END RequestId: \(id)")
        add(
            "REPORT RequestId: \(id)\tDuration: \((milliseconds * 100).rounded() / 100) ms\tBilled Duration:"
                + " \(Int(milliseconds.rounded(.up))) ms\tCost: \(cost) USD")
    }
}
