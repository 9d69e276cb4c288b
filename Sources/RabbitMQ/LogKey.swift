/// The names of what log lines carry.
enum LogKey {
    /// Which of the two connections: publish or consume.
    static let connection = "broker.connection"
    /// Why.
    static let error = "error"
    /// The queue that it is about.
    static let queue = "queue.name"
}
