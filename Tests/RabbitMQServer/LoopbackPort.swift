import Glibc

/// Ports of 127.0.0.1.
enum LoopbackPort {
    /// So many ports that nobody listens on.
    static func free(_ count: Int) throws -> [Int] {
        // All at once, so that they differ.
        let sockets = (0..<count).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
        defer { for socket in sockets { close(socket) } }
        return try sockets.map { socket in
            guard bind(to: 0, socket) == 0 else { throw RabbitMQServerError.failed("no port is free") }
            return port(of: socket)
        }
    }

    /// Whether somebody listens.
    static func answers(_ port: Int) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        return connect(socket, to: port) == 0
    }

    static func bind(to port: Int, _ socket: Int32) -> Int32 {
        unsafe withAddress(port) { unsafe Glibc.bind(socket, $0, $1) }
    }

    static func connect(_ socket: Int32, to port: Int) -> Int32 {
        unsafe withAddress(port) { unsafe Glibc.connect(socket, $0, $1) }
    }

    static func port(of socket: Int32) -> Int {
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
