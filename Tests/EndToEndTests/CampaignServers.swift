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
        let chroma: ChromaTestServer
        /// What makes a host use the collection; for PostgreSQL, the world says it.
        let environment: [String: String]
    }

    let broker: RabbitMQServer
    /// On the hosts' way to the broker.
    let proxy: LoopbackProxy
    /// Nil where hosts keep books and passages themselves.
    let data: DataServers?

    /// Starts them.
    ///
    /// - Parameter sharedData: Where the texts lie; nil to leave PostgreSQL and Chroma out.
    /// - Returns: The servers, which answer.
    /// - Throws: Where one does not start.
    static func start(sharedData: String?) async throws -> CampaignServers {
        let broker = try await RabbitMQServer()
        let proxy = try LoopbackProxy(to: broker.port)
        guard let sharedData else { return CampaignServers(broker: broker, proxy: proxy, data: nil) }
        let chroma = try await ChromaTestServer(.old)
        let passages = ChromaCollectionView(chroma)
        let folder = try TemporaryFolder()
        let ingest = try await SluiceProcess.run(
            ["ingest", "\(sharedData)/kb/cpa2019.txt", "\(sharedData)/kb/usagov-chunks.jsonl"], in: folder.url,
            environment: passages.environment)
        try #require(ingest.status == 0, "\(ingest.errors)")
        let data = DataServers(
            postgres: try await PostgresTestServer(), chroma: chroma, environment: passages.environment)
        return CampaignServers(broker: broker, proxy: proxy, data: data)
    }

    /// Stops what does not stop by itself.
    func close() async {
        proxy.close()
        await data?.postgres.stop()
    }
}
