import Glibc

/// Ports of 127.0.0.1 for servers that tests start.
package enum LoopbackPort {
    /// Below those that systems give to outgoing connections: one of these could take the port of a server that is down
    /// for a moment, and a client that looks for the server could even meet itself there.
    private static let servers = 10_000..<32_768

    /// So many ports are not free.
    package struct NoPort: Error {}

    /// One that nobody listens on, also for a server that comes back.
    package static func free() throws -> Int { try free(1)[0] }

    /// So many ports that nobody listens on, also for a server that comes back.
    package static func free(_ count: Int) throws -> [Int] {
        // All held at once, so that they differ.
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        for port in servers.shuffled() where sockets.count < count {
            let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            if bind(to: port, socket) == 0 { sockets.append(socket) } else { close(socket) }
        }
        guard sockets.count == count else { throw NoPort() }
        return sockets.map { port(of: $0) }
    }

    /// Whether somebody listens.
    package static func answers(_ port: Int) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        return connect(socket, to: port) == 0
    }

    /// Binds a socket to a port, 0 for any; 0 where it did.
    package static func bind(to port: Int, _ socket: Int32) -> Int32 {
        unsafe withAddress(port) { unsafe Glibc.bind(socket, $0, $1) }
    }

    /// Connects a socket to a port; 0 where it did.
    package static func connect(_ socket: Int32, to port: Int) -> Int32 {
        unsafe withAddress(port) { unsafe Glibc.connect(socket, $0, $1) }
    }

    /// The port that a socket is bound to.
    package static func port(of socket: Int32) -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = unsafe getsockname(socket, $0, &size)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func withAddress(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
