import Glibc

/// Ports of 127.0.0.1 for servers that tests start.
package enum LoopbackPort {
    /// Below those that systems give to outgoing connections: one of these could take the port of a server that is down
    /// for a moment, and a client that looks for the server could even meet itself there.
    private static let servers = 10_000..<32_768

    /// No port is free.
    package struct NoPort: Error {}

    /// One that nobody listens on, also for a server that comes back.
    package static func free() throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        guard let port = servers.shuffled().first(where: { bind($0, socket) }) else { throw NoPort() }
        return port
    }

    private static func bind(_ port: Int, _ socket: Int32) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
