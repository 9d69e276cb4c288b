import CPostgres
import Glibc

/// libpq's own connection, which ends with this.
///
/// `@safe`: the handle is made in `init` and freed in `deinit`; it lives in one connection, on the loop's thread.
@safe final class ConnectionHandle {
    let pointer: OpaquePointer

    /// Begins to connect.
    ///
    /// - Returns: nil without memory.
    init?(_ keywords: [(String, String)]) {
        let started = unsafe Self.withCStrings(keywords.map(\.0)) { names in
            unsafe Self.withCStrings(keywords.map(\.1)) { values in unsafe PQconnectStartParams(names, values, 0) }
        }
        guard let pointer = unsafe started else { return nil }
        unsafe self.pointer = pointer
        unsafe sluice_pq_ignore_notices(pointer)
        // Severity and code alone: messages may quote values.
        unsafe PQsetErrorVerbosity(pointer, PQERRORS_SQLSTATE)
    }

    deinit { unsafe PQfinish(pointer) }

    var socket: Int32 { unsafe PQsocket(pointer) }

    /// The last error's code, at the end of libpq's message; nil where the server gave none.
    var state: SQLState? {
        let message = unsafe String(cString: PQerrorMessage(pointer))
        guard let line = message.split(separator: "\n").last, line.contains("FATAL:") || line.contains("ERROR:")
        else { return nil }
        let code = line.suffix(5)
        return code.utf8.count == 5 && code.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) }
            ? SQLState(rawValue: String(code)) : nil
    }

    /// What libpq says of a failure to connect, in which no server's message is: the last address' reason, without advice.
    var failure: String {
        let lines = unsafe String(cString: PQerrorMessage(pointer)).split(separator: "\n")
        // Where it was is said already.
        let reasons = lines.compactMap { line in line.firstRange(of: " failed: ").map { line[$0.upperBound...] } }
        return String(reasons.last ?? lines.first ?? "no reason")
    }

    /// NULL-terminated, for the length of the call.
    private static func withCStrings<Value>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
    ) -> Value {
        let copies = unsafe strings.map { unsafe $0.withCString { unsafe strdup($0) } }
        defer { unsafe copies.forEach { unsafe free($0) } }
        let pointers = unsafe copies.map { unsafe UnsafePointer($0) } + [nil]
        return unsafe body(pointers)
    }
}

/// What cancels a statement from another thread.
///
/// `@safe`: libpq never changes it once it is made, and `PQcancel` may be called from any thread
/// (<https://www.postgresql.org/docs/13/libpq-cancel.html>).
@safe final class CancelHandle: Sendable {
    // Set in `init` and freed in `deinit`, which nobody else's call can outlive; in between libpq only reads what it leads
    // to, from whichever thread.
    private nonisolated(unsafe) let pointer: OpaquePointer

    init?(_ connection: ConnectionHandle) {
        guard let pointer = unsafe PQgetCancel(connection.pointer) else { return nil }
        unsafe self.pointer = pointer
    }

    deinit { unsafe PQfreeCancel(pointer) }

    /// Asks the server to cancel; blocks until it has heard.
    func cancel() {
        var message = [CChar](repeating: 0, count: 256)
        // Where this fails the statement goes on, until it ends or its timeout comes.
        _ = unsafe PQcancel(pointer, &message, Int32(message.count))
    }
}
