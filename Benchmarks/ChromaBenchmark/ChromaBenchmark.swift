import ArgumentParser
import BenchmarkSupport
import Foundation
import FunctionKit
import HTTPTransport
import Retrieval

/// Measures a vector query through our client beside Python's own client and beside a bare socket, on one server.
@main
struct ChromaBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark chroma",
        abstract: "Measure queries of a running Chroma.",
        discussion: """
            The nearest 5 of the passages, with their texts and metadata, vectors given by the caller; one query after the
            other. The bare socket sends the same bytes over one connection and reads the answer without looking at it: the
            server itself. The three take turns in rounds, so that a disturbance of the machine does not hit one alone.
            Each figure is the median of the rounds.
            """)

    @Option(help: ArgumentHelp("Where Chroma answers.", valueName: "url"))
    var url: String

    @Option(help: ArgumentHelp("A Python that has chromadb.", valueName: "path"))
    var python: String

    @Option(help: "How many passages there are.")
    var passages = 2_000

    @Flag(help: "Measure for a moment: shows that it works, not how fast.")
    var quick = false

    private static let names = ["server (bare socket)", "sluice", "Python's own client"]

    func run() async throws {
        let (rounds, queries) = quick ? (1, 20) : (7, 300)
        let passages = quick ? 200 : passages
        let http = try HTTPClient()
        let collection = "benchmark-\(UUID().uuidString.lowercased())"
        let client = ChromaClient(ChromaConfiguration(url: url, collection: collection), http: http)
        let version = try await client.connect(until: .now + .seconds(30))
        let ours = try await OurClient(client, passages: passages)
        let (socket, peer) = (
            try BareSocket(url: url, collectionID: ours.collection.id),
            try PythonClient(python: python, url: url, collection: collection)
        )
        var times: [[Latencies]] = [[], [], []]
        // The first round warms up.
        for round in 0...rounds {
            let measured = [
                try await socket.measure(queries), try await ours.measure(queries), try await peer.measure(queries),
            ]
            guard round > 0 else { continue }
            for index in measured.indices { times[index].append(measured[index]) }
        }
        print(
            """
            \(Machine.current(folder: "in a temporary folder of the server's").description)
            Chroma \(version), \(passages) passages of \(Vectors.dimension) numbers; \(rounds) rounds of \(queries) queries, in ms

            \(Table.text(["", "p50", "p99"], zip(Self.names, times).map(Self.row)))
            """)
        await http.shutdown()
    }

    private static func row(_ name: String, _ rounds: [Latencies]) -> [String] {
        [name]
            + [50, 99].map { percentile in
                Table.decimal(Table.median(rounds.map { $0.percentile(percentile) }), places: 2)
            }
    }
}
