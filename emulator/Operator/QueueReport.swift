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
        queues = lines
    }

    /// One line a queue.
    package var text: String {
        TextColumns.text(
            [["FUNCTION", "QUEUE", "READY", "DELIVERED", "DELAYED"]]
                + queues.map { [$0.function, $0.queue, "\($0.ready)", "\($0.delivered)", "\($0.delayed)"] },
            numeric: [2, 3, 4])
    }
}
