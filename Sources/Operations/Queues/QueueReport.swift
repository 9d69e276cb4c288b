package import Documents
import FunctionHost
import Messaging

/// What `sluice queues` shows: each queue with its messages.
package struct QueueReport: Encodable, Sendable {
    /// One queue.
    package struct Line: Encodable, Sendable {
        let function, queue, name: String
        let ready, delivered, delayed: Int
    }

    let queues: [Line]

    /// A row a queue.
    package var document: Document {
        let messages = queues.map { $0.ready + $0.delivered + $0.delayed }.reduce(0, +)
        let table = Table(
            columns: [
                Column("function", "Function", importance: .high, isWhole: true),
                Column("queue", "Queue", importance: .high, isWhole: true),
                Column("name", "Name", importance: .record),
                Column("ready", "Ready", isNumeric: true), Column("delivered", "Delivered", isNumeric: true),
                Column("delayed", "Delayed", isNumeric: true),
            ],
            rows: queues.map {
                [
                    .text($0.function), .text($0.queue), .text($0.name), .count($0.ready), .count($0.delivered),
                    .count($0.delayed),
                ]
            })
        return Document(
            headline: "\(messages.counted("message")) in \(queues.count.counted("queue"))",
            sections: [Section([.table(table)])], records: table, value: self)
    }
}

extension QueueReport {
    /// Counts the messages of one function's queues, or of all.
    ///
    /// - Throws: ``OperatorProblem``, or `BrokerError`.
    package init(_ access: BrokerAccess, function: String?) async throws {
        var lines: [Line] = []
        for function in try access.functions(named: function) {
            for (kind, queue) in FunctionQueues(function: function).byKind {
                let depth = try await access.depth(of: queue)
                lines.append(
                    Line(
                        function: function, queue: kind, name: queue, ready: depth.ready, delivered: depth.delivered,
                        delayed: depth.delayed))
            }
        }
        self.init(queues: lines)
    }
}
