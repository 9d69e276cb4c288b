import ArgumentParser
import BenchmarkSupport
import Foundation

/// Measures the host on RabbitMQ beside pika and beside a relay that does nothing else.
@main
struct HostBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark host",
        abstract: "Measure four functions on RabbitMQ in one host.",
        discussion: """
            All figures come from one run, so that they can be compared with each other; those of another machine or
            day cannot. A question is 600 bytes of JSON that four workers pass on, each to the next one's queue:
            decoded, encoded, published, confirmed, and only then acknowledged. All workers use the same quorum queues
            of one broker, which shares the machine with them.
            """,
        subcommands: [Measure.self, ServeHost.self], defaultSubcommand: Measure.self)
}

/// Measures all contenders in turn.
struct Measure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measure all contenders and print their figures.")

    @Flag(help: "Measure for a moment: shows that it works, not how fast.")
    var quick = false

    @Option(help: ArgumentHelp("A Python with pika.", valueName: "path"))
    var python = ProcessInfo.processInfo.environment["SLUICE_PYTHON"] ?? "python3"

    func run() async throws {
        let plan = quick ? Plan.quick : Plan.full
        progress("starting RabbitMQ")
        let machine = Machine.current(folder: FileManager.default.temporaryDirectory.path)
        let bench = try await Bench(python: python)
        var rounds: [Contender: [Figures]] = [:]
        for round in 1...plan.rounds {
            for contender in Contender.allCases {
                progress("\(contender.rawValue), round \(round) of \(plan.rounds)")
                rounds[contender, default: []].append(try bench.measure(contender, plan))
            }
        }
        print(Report(machine: machine, plan: plan, rounds: rounds).text)
    }
}

/// How much is measured.
struct Plan {
    /// Each figure is the median of so many rounds, in which the contenders take turns, so that a disturbance of the
    /// machine does not hit one of them alone.
    let rounds: Int
    /// Questions as fast as the broker takes them.
    let burst: Int
    /// Questions at ``rate`` a second.
    let paced: Int
    /// Questions that are not measured: caches and connections are warm afterwards.
    let warmUp: Int

    /// Questions a second where latencies are measured.
    static let rate = 50
    /// A question's size.
    static let bodyBytes = 600
    /// Deliveries in the hands of one worker.
    static let prefetch = 50

    static let full = Plan(rounds: 3, burst: 10_000, paced: 500, warmUp: 1_000)
    static let quick = Plan(rounds: 1, burst: 200, paced: 20, warmUp: 50)
}
