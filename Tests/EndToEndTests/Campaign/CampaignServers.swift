import ChromaTestServer
import Foundation
import PostgresTestServer
import RabbitMQServer
import TestSupport
import Testing

/// The servers that a campaign harms.
struct CampaignServers {
    /// PostgreSQL and Chroma, filled with the Act's text and the chunks of usa.gov.
    struct DataServers {
        let postgres: PostgresTestServer
        /// On one host's way to PostgreSQL.
        let lonelyProxy: LoopbackProxy
        let chroma: ChromaTestServer
        /// What makes a host use the collection; for PostgreSQL, the world says it.
        let environment: [String: String]
    }

    let broker: RabbitMQServer
    /// Where the queues are.
    let vhost: String
    /// On the way to the broker, but for one host's.
    let proxy: LoopbackProxy
    /// On that host's.
    let lonelyProxy: LoopbackProxy
    /// Nil where hosts keep books and passages themselves.
    let data: DataServers?

    /// Starts them.
    ///
    /// - Parameter sharedData: Where the texts lie; nil to leave PostgreSQL and Chroma out.
    /// - Returns: The servers, which answer.
    /// - Throws: Where one does not start.
    static func start(sharedData: String?) async throws -> CampaignServers {
        let broker = try await RabbitMQServer()
        let vhost = try await broker.newVhost()
        let proxy = try LoopbackProxy(to: broker.port)
        let lonelyProxy = try LoopbackProxy(to: broker.port)
        guard let sharedData else {
            return CampaignServers(broker: broker, vhost: vhost, proxy: proxy, lonelyProxy: lonelyProxy, data: nil)
        }
        let chroma = try await ChromaTestServer(.old)
        let passages = ChromaCollectionView(chroma)
        let folder = try TemporaryFolder()
        let ingest = try await SluiceProcess.run(
            ["ingest", "\(sharedData)/kb/cpa2019.txt", "\(sharedData)/kb/usagov-chunks.jsonl"], in: folder.url,
            environment: passages.environment)
        try #require(ingest.status == 0, "\(ingest.errors)")
        let postgres = try await PostgresTestServer()
        let data = DataServers(
            postgres: postgres, lonelyProxy: try LoopbackProxy(to: postgres.port), chroma: chroma,
            environment: passages.environment)
        return CampaignServers(broker: broker, vhost: vhost, proxy: proxy, lonelyProxy: lonelyProxy, data: data)
    }

    /// What sends a host on the ways that it has for itself, where another would go on those of all.
    func lonely(_ environment: [String: String]) -> [String: String] {
        var lonely = environment
        lonely["SLUICE_BROKER_URL"]?.replace(":\(proxy.port)/", with: ":\(lonelyProxy.port)/")
        if let data {
            lonely["DATABASE_URL"]?.replace(":\(data.postgres.port)/", with: ":\(data.lonelyProxy.port)/")
        }
        return lonely
    }

    /// Lets nothing through on the ways of one host while a body runs.
    func isolating(_ body: () async throws -> Void) async rethrows {
        let ways = [lonelyProxy, data?.lonelyProxy].compactMap(\.self)
        for way in ways { way.hold() }
        defer { for way in ways { way.release() } }
        try await body()
    }

    /// Deletes all queues, with what is in them.
    func deleteQueues() async throws {
        let queues = try await broker.queues(vhost: vhost)
        try #require(queues.count > 4)
        for queue in queues { _ = try await broker.api("DELETE", "queues/\(vhost)/\(queue)") }
    }

    /// Stops what does not stop by itself.
    func close() async {
        proxy.close()
        lonelyProxy.close()
        data?.lonelyProxy.close()
        await data?.postgres.stop()
    }
}
