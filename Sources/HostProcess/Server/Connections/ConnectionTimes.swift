import NIOCore

/// How long a client may keep a connection waiting.
struct ConnectionTimes: Sendable {
    /// From the connection to the first request's head.
    var head = TimeAmount.seconds(30)
    /// From an answer to the next request's head: longer than the minute of common load balancers, which must be the ones
    /// to close.
    var idle = TimeAmount.seconds(75)
    /// From a head to the end of its body.
    var body = TimeAmount.seconds(30)
    /// Until an answer is taken.
    var answer = TimeAmount.seconds(60)
    /// What is under way when the server ends: all that it still answers, it answers at once.
    var ending = TimeAmount.seconds(2)
}
