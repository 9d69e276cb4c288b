package import Messaging

/// The queues of one function.
package struct FunctionQueues: Sendable, Hashable {
    /// Waiting messages.
    package let waiting: String
    /// Messages that were delivered before: each runs alone, so that the one that kills its process is found.
    package let alone: String
    /// Messages that wait for a budget to open.
    package let parked: String
    /// Messages that nobody could deal with.
    package let dead: String

    /// The names for a function, such as `sluice.rag-core` and `sluice.rag-core.dead`.
    package init(function: String) {
        waiting = "sluice.\(function)"
        alone = "\(waiting).alone"
        parked = "\(waiting).parked"
        dead = "\(waiting).dead"
    }

    /// All of them by what they are for, as operators name them.
    package var byKind: [(kind: String, queue: String)] {
        [("waiting", waiting), ("alone", alone), ("parked", parked), ("dead", dead)]
    }

    /// A pause that uses up no attempt: for work that is fine but not now.
    package static let pause = Duration.milliseconds(500)

    /// What the broker must hold ready.
    ///
    /// Only the waiting queue refuses at the manifest's length. The others take what was accepted before and has to
    /// stay somewhere, so their limit is only there to be one.
    package static func specifications(for settings: FunctionSettings) -> [QueueSpecification] {
        let queues = FunctionQueues(function: settings.name)
        let delays = settings.backoff.delays(attemptsMax: settings.attemptsMax).union([pause])
        let lengthMax = settings.queueLengthMax
        return [
            QueueSpecification(name: queues.waiting, lengthMax: lengthMax, delays: delays, deadLetters: queues.dead),
            QueueSpecification(
                name: queues.alone, lengthMax: lengthMax * 10, delays: delays, deadLetters: queues.dead),
            QueueSpecification(name: queues.parked, lengthMax: lengthMax * 10, deadLetters: queues.dead),
            QueueSpecification(name: queues.dead, lengthMax: lengthMax * 10),
        ]
    }
}
