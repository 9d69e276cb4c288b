/// One metric as the table, `/metrics` and CloudWatch know it.
package struct MetricDefinition: Sendable, Hashable {
    /// What is done with its values.
    package enum Kind: String, Sendable {
        /// Only grows; starts at 0 with the process.
        case counter
        /// Goes up and down.
        case gauge
        /// Durations, in a histogram.
        case timer
    }

    /// What its values count.
    package enum Unit: String, Sendable {
        /// Things.
        case count
        /// Time.
        case seconds
        /// Money, in billionths of a US dollar.
        case nanoUSD = "nano-dollars"
        /// Memory.
        case bytes
        /// 1 where it is so, else 0.
        case flag = "0 or 1"
    }

    /// In lowercase with dots, such as `host.deliveries`.
    package let name: String
    /// What is done with its values.
    package let kind: Kind
    /// What its values count.
    package let unit: Unit
    /// The keys of its dimensions; their values come from closed sets.
    package let dimensions: [String]
    /// What it says and when it is recorded, in one sentence.
    package let meaning: String

    /// Makes a definition.
    package init(_ name: String, _ kind: Kind, _ unit: Unit, _ dimensions: [String] = [], _ meaning: String) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.dimensions = dimensions
        self.meaning = meaning
    }
}

extension MetricDefinition {
    /// All metrics of a host: what is not here is not recorded.
    package static let all: [MetricDefinition] = [
        MetricDefinition(
            "host.deliveries", .counter, .count, ["function", "outcome"],
            "Deliveries by what became of them, when the outcome is durable."),
        MetricDefinition(
            "host.deliveries.in_flight", .gauge, .count, ["function"],
            "Deliveries in this host's hands, at each start and end."),
        MetricDefinition(
            "host.invocation.duration", .timer, .seconds, ["function", "outcome"],
            "How long an invocation took, at its end."),
        MetricDefinition(
            "host.queue.messages", .gauge, .count, ["function", "queue"],
            "Messages in a queue (waiting, alone, parked, dead), at each look."),
        MetricDefinition(
            "host.in_trouble", .gauge, .flag, ["function"],
            "Whether the host itself is in trouble with a function, at its start and at each change."),
        MetricDefinition(
            "host.troubles", .counter, .count, ["function", "kind"], "How often such trouble began."),
        MetricDefinition(
            "host.draining", .gauge, .flag, [],
            "Whether the host drains, at its start and from the first moment of the drain."),
        MetricDefinition(
            "host.drain.duration", .gauge, .seconds, [], "How long the drain took, at its end."),
        MetricDefinition(
            "host.drain.finished", .gauge, .count, [], "Deliveries finished in the drain, at its end."),
        MetricDefinition(
            "host.drain.handed_back", .gauge, .count, [], "Deliveries given back in the drain, at its end."),
        MetricDefinition(
            "host.drain.reservations_released", .gauge, .count, [],
            "Reservations released unused in the drain, at its end."),
        MetricDefinition(
            "host.clock_offset", .gauge, .seconds, ["source"],
            "How far this machine's clock is ahead of the ledger's or history's, or of the model's last answer; below zero"
                + " where it is behind."),
        MetricDefinition(
            "broker.ready", .gauge, .flag, [],
            "Whether the broker is reached, takes messages and refuses this host nothing, at each look."),
        MetricDefinition(
            "ledger.ready", .gauge, .flag, [], "Whether the ledger is reached and took the last hold, at each look."),
        MetricDefinition("index.ready", .gauge, .flag, [], "Whether the index is reached, at each look."),
        MetricDefinition(
            "bedrock.call.duration", .timer, .seconds, ["model", "outcome"],
            "How long a call of the model took, at its end."),
        MetricDefinition("bedrock.calls.in_flight", .gauge, .count, [], "Calls of the model that are under way."),
        MetricDefinition(
            "spending.spent", .gauge, .nanoUSD, ["budget"], "Spent in the present period, at each look."),
        MetricDefinition(
            "spending.held", .gauge, .nanoUSD, ["budget"], "Held for calls under way, at each look."),
        MetricDefinition("spending.limit", .gauge, .nanoUSD, ["budget"], "The limit in force, at each look."),
        MetricDefinition(
            "spending.limits_stale", .gauge, .flag, [],
            "Whether the ledger goes by other limits than this host's files, at each look."),
        MetricDefinition(
            "spending.clock_lead", .gauge, .seconds, [],
            "How far the ledger has come beyond its own clock, at each look."),
        MetricDefinition(
            "spending.alerts", .counter, .count, ["budget", "percent"], "Budget thresholds that were reached."),
        MetricDefinition(
            "ecs.task_protected", .gauge, .flag, [],
            "Whether ECS has confirmed the protection of this task, at each change."),
        MetricDefinition("process.resident_memory", .gauge, .bytes, [], "Memory in use, at each look."),
    ]
}
