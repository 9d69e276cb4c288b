import BenchmarkSupport

/// The table that is printed.
struct Report {
    let machine: Machine
    let plan: Plan
    let rounds: [Contender: [Figures]]

    var text: String {
        let head = [
            "", "questions/s", "x pika", "x relay", "p50 ms", "p99 ms", "cpu s/1000", "broker s/1000", "RSS MB",
            "processes",
        ]
        return """
            \(machine.description)
            run          \(plan.rounds) rounds of \(plan.burst) questions at once and \(plan.paced) at \(Plan.rate)/s; \
            medians of the rounds

            Four functions on RabbitMQ's quorum queues, bodies of \(Plan.bodyBytes) bytes, prefetch \(Plan.prefetch)
            \(Table.text(head, Contender.allCases.map(row)))
            """
    }

    private func row(_ contender: Contender) -> [String] {
        let own = rounds[contender] ?? []
        func figure(_ path: KeyPath<Figures, Double>, _ places: Int) -> String {
            Table.decimal(Table.median(own.map { $0[keyPath: path] }), places: places)
        }
        // Each round against the others of its own round.
        func ratio(to other: Contender) -> String {
            Table.decimal(Table.median(zip(own, rounds[other] ?? []).map { $0.rate / $1.rate }), places: 2)
        }
        return [
            contender.rawValue, figure(\.rate, 0), ratio(to: .pika), ratio(to: .relay), figure(\.p50, 2),
            figure(\.p99, 2), figure(\.processor, 3), figure(\.brokerProcessor, 3), figure(\.memory, 1),
            contender == .sluice ? "1" : "4",
        ]
    }
}
