import BenchmarkSupport
import Foundation
import Glibc

/// A connection that sends the same query again and again and throws the answer away: what the server itself takes.
final class BareSocket: Sendable {
    struct Broken: Error, CustomStringConvertible {
        let description = "the connection to Chroma broke"
    }

    private let descriptor: Int32
    private let path: String
    private let host: String

    init(url: String, collectionID: String) throws {
        guard let parts = URLComponents(string: url), let port = parts.port else { throw Broken() }
        host = "127.0.0.1:\(port)"
        path = "/api/v2/tenants/default_tenant/databases/default_database/collections/\(collectionID)/query"
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let outcome = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0 else { throw Broken() }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Blocks its thread, and nothing else runs meanwhile.
    func measure(_ queries: Int) async throws -> Latencies {
        var latencies = Latencies()
        for _ in 0..<queries {
            let request = self.request()
            let start = ContinuousClock.now
            try send(request)
            try receive()
            latencies.record(.now - start)
        }
        return latencies
    }

    private func request() -> [UInt8] {
        let vector = Vectors.random().map { "\($0)" }.joined(separator: ",")
        let body =
            #"{"query_embeddings":[[\#(vector)]],"n_results":5,"include":["documents","metadatas","distances"]}"#
        return Array(
            "POST \(path) HTTP/1.1\r\nHost: \(host)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                .utf8)
    }

    private func send(_ bytes: [UInt8]) throws {
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
        guard count == bytes.count else { throw Broken() }
    }

    private func receive() throws {
        var answer: [UInt8] = []
        var wanted = Int.max
        while answer.count < wanted {
            var piece = [UInt8](repeating: 0, count: 65_536)
            let count = unsafe piece.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { throw Broken() }
            answer += piece.prefix(count)
            if wanted == .max, let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self).lowercased()
                guard head.hasPrefix("http/1.1 200"),
                    let length = head.components(separatedBy: "content-length: ").dropFirst().first
                        .flatMap({ Int($0.prefix { $0.isNumber }) })
                else { throw Broken() }
                wanted = end.upperBound + length
            }
        }
    }
}
