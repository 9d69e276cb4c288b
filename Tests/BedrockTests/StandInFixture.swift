import Bedrock
import BedrockStandIn
import Foundation
import FunctionKit
import HTTPTransport
import Hashing
import Logging
import SQLite
import ServiceLifecycle
import Spending
import SpendingSQLite

/// A running stand-in, a client of it, and a governor with a ledger in memory.
struct StandInFixture: Sendable {
    static let model = ModelID(provider: "bedrock", region: "ap-south-1", model: "meta.llama3-70b-instruct-v1:0")
    static let fallback = ModelID(provider: "bedrock", region: "ap-south-1", model: "meta.llama3-8b-instruct-v1:0")
    static let credentials = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "t")

    let standIn: StandIn
    let client: BedrockModel
    let governor: CostGovernor
    /// Each call, once the stand-in has read it.
    let requests: AsyncStream<ReceivedRequest>

    /// Runs a stand-in for as long as `body` does, and then shuts it and the client down.
    static func run<Value>(
        credentials: AWSCredentials = credentials, budgets: [Budget] = [budget()], store: SQLiteStore? = nil,
        _ body: (StandInFixture) async throws -> Value
    ) async throws -> Value {
        let (requests, continuation) = AsyncStream.makeStream(of: ReceivedRequest.self)
        let standIn = StandIn(
            credentials: Self.credentials, region: model.region,
            models: Set([model.model, fallback.model] + EmbeddingModel.allCases.map(\.rawValue)),
            recordsRequests: true,
            onRequest: { continuation.yield($0) })
        let http = try HTTPClient()
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: standIn)], logger: Logger(label: "test")))
        async let running: Void = group.run()
        let result: Result<Value, any Error>
        do {
            let client = BedrockModel(
                endpoint: "http://127.0.0.1:\(try await standIn.boundPort)/", region: model.region,
                credentials: StaticCredentials(credentials), http: http)
            let ledger = try SQLiteLedger(store: store ?? .inMemory(schemas: [SQLiteLedger.schema]))
            let governor = CostGovernor(
                ledger: ledger,
                prices: PriceBook(
                    [price(model), price(fallback)] + EmbeddingModel.allCases.map(embeddingPrice)), budgets: budgets)
            result = .success(
                try await body(Self(standIn: standIn, client: client, governor: governor, requests: requests)))
        } catch {
            result = .failure(error)
        }
        await http.shutdown()
        await group.triggerGracefulShutdown()
        try await running
        return try result.get()
    }

    /// A body that asks something that its one passage answers.
    static func body(maxTokens: Int = 64) -> LlamaRequest {
        LlamaRequest(
            prompt: """
                <|begin_of_text|><|start_header_id|>user<|end_header_id|>

                Passages:

                [fees] Fees
                A complaint about less than five lakh rupees costs no fee.

                Question: What fee does a complaint cost?<|eot_id|>
                """, outputTokensMax: maxTokens, temperature: 0, topP: 1)
    }

    /// 3,180 nano-dollars a token in and 4,200 out, and a token a byte and 16 more.
    static func price(_ model: ModelID) -> Price {
        Price(
            model: model, from: Date(timeIntervalSince1970: 0), inputNanoUSDPerToken: 3180,
            outputNanoUSDPerToken: 4200,
            bound: TokenBound(
                nanoTokensPerByte: 1_000_000_000, tokensPerMessage: 8, fixed: 8, because: "a test"),
            source: "a test", read: "2026-11-23")
    }

    /// 20 nano-dollars a token that is read.
    static func embeddingPrice(_ model: EmbeddingModel) -> Price {
        Price(
            model: GovernedEmbeddings.modelID(model, in: Self.model.region), from: Date(timeIntervalSince1970: 0),
            inputNanoUSDPerToken: 20, outputNanoUSDPerToken: 0,
            bound: TokenBound(
                nanoTokensPerByte: 1_000_000_000, tokensPerMessage: 8, fixed: 8, because: "a test"),
            source: "a test", read: "2026-11-26")
    }

    /// Half a dollar a day for everything, unless told otherwise.
    static func budget(
        _ name: String = "daily", nanoUSD: Int64 = 500_000_000, models: Set<String>? = nil,
        exhausted: ExhaustedPolicy = .reject
    ) -> Budget {
        Budget(
            name: name, limit: Money(nanoUSD: nanoUSD),
            rule: PeriodRule(length: .day, timeZone: .gmt, turnsAtMinute: 0), scope: BudgetScope(models: models),
            exhausted: exhausted)
    }

    /// A reservation for a body, under a question of its own.
    func reservation(
        body: LlamaRequest, model: ModelID = model, outputTokensMin: Int? = nil
    ) async throws -> Reservation {
        let id = CallID(
            questionID: UUID().uuidString, function: "f", ordinal: 0, digest: SHA256.hex(try body.encoded()))
        let call = PaidCall(
            id: id, model: model, tenant: nil, inputBytes: body.prompt.utf8.count,
            outputTokensMax: body.outputTokensMax, outputTokensMin: outputTokensMin)
        guard case .held(let reservation) = try await governor.reserve(call) else { throw NotHeld() }
        return reservation
    }

    /// What is spent and held of the first budget, once upkeep has charged what was dropped.
    func money() async throws -> (spent: Int64, held: Int64) {
        _ = try await governor.ledger.claimAlerts({ _ in [] }, claim: .zero)
        let status = try await governor.status()[0]
        return (status.spent.nanoUSD, status.held.nanoUSD)
    }

    private struct NotHeld: Error {}

    /// The error of a call that must fail; nil where it succeeds.
    func failure(_ body: LlamaRequest, timeout: Duration = .seconds(30)) async throws -> BedrockError? {
        let reservation = try await reservation(body: body)
        let request = InvokeModelRequest(modelID: Self.model.model, body: body, timeout: timeout)
        do throws(BedrockError) {
            _ = try await client.send(request, holding: reservation)
            return nil
        } catch {
            return error
        }
    }
}
