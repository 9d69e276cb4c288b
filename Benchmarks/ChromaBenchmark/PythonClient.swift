import BenchmarkSupport
import Foundation

/// Chroma's own client for Python, in a process that measures on request.
final class PythonClient: Sendable {
    struct Ended: Error, CustomStringConvertible {
        let description = "the Python client ended; see what it said above"
    }

    private static let script = """
        import random, sys, time
        import chromadb
        from chromadb.config import Settings
        host, port, name, dimension = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
        client = chromadb.HttpClient(host=host, port=port, settings=Settings(anonymized_telemetry=False))
        collection = client.get_collection(name, embedding_function=None)
        def vector():
            numbers = [random.uniform(-1, 1) for _ in range(dimension)]
            length = sum(number * number for number in numbers) ** 0.5
            return [number / length for number in numbers]
        for line in sys.stdin:
            times = []
            for _ in range(int(line)):
                query = vector()
                start = time.perf_counter_ns()
                found = collection.query(query_embeddings=[query], n_results=5)
                times.append((time.perf_counter_ns() - start) // 1000)
                assert len(found["ids"][0]) == 5
            print(" ".join(map(str, times)), flush=True)
        """

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(python: String, url: String, collection: String) throws {
        guard let parts = URLComponents(string: url), let host = parts.host, let port = parts.port else {
            throw Ended()
        }
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", Self.script, host, "\(port)", collection, "\(Vectors.dimension)"]
        process.environment = ["PATH": "/usr/bin:/bin", "ANONYMIZED_TELEMETRY": "False"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit { try? input.fileHandleForWriting.close() }

    /// Blocks its thread, and nothing else runs meanwhile.
    func measure(_ queries: Int) async throws -> Latencies {
        try input.fileHandleForWriting.write(contentsOf: Data("\(queries)\n".utf8))
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { throw Ended() }
            line += piece
        }
        var latencies = Latencies()
        for time in String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace) {
            latencies.record(.microseconds(Int(time) ?? 0))
        }
        return latencies
    }
}
