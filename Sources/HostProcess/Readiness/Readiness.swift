import Composition
import FoundationEssentials
import FunctionHost
import FunctionKit
import History
import Messaging
import Retrieval
import Spending

/// Looks at what a pipeline stands on.
struct Readiness: Sendable {
    /// What a look found.
    struct Report: Sendable {
        let isDraining: Bool
        /// Each part with `ready`, or with why it is not.
        let parts: [String: String]
        /// What should be known beside it, and keeps nobody from being ready.
        var notes: [String: String] = [:]

        var isReady: Bool { !isDraining && parts.values.allSatisfy { $0 == "ready" } }

        /// The report as `/readyz` shows it.
        var facts: [String: String] {
            notes.merging(parts) { $1 }.merging(["status": isDraining ? "draining" : isReady ? "ready" : "unavailable"])
            { $1 }
        }
    }

    /// How long a part may take to answer before it counts as away.
    private static let patience = Duration.seconds(2)

    private let drain: DrainSignal
    private let broker: any MessageBroker
    private let looks: [String: SharedLook<String>]
    private let watch: StoreWatch?
    private let troubles: @Sendable () -> [String: HostTrouble]

    /// Makes a readiness.
    ///
    /// - Parameters:
    ///   - drain: A host that drains takes no more work.
    ///   - broker: Says itself whether it takes messages.
    ///   - looks: For each part by its name, a look that throws where the part is away; `broker` among them.
    ///   - troubles: What the host itself is in trouble with, by function.
    ///   - watch: Knows whether this machine's clock is right; nil where nobody does.
    init(
        drain: DrainSignal, broker: any MessageBroker, looks: [String: @Sendable () async throws -> Void],
        troubles: @escaping @Sendable () -> [String: HostTrouble] = { [:] }, watch: StoreWatch? = nil
    ) {
        self.troubles = troubles
        self.watch = watch
        self.drain = drain
        self.broker = broker
        self.looks = looks.mapValues { look in SharedLook { await Self.state(look) } }
    }

    /// Looks at all parts that a pipeline has.
    init(_ pipeline: Pipeline) {
        var looks: [String: @Sendable () async throws -> Void] = [
            "broker": {
                try await pipeline.file.check()
                for function in pipeline.functions {
                    _ = try await pipeline.broker.depth(of: function.queues.waiting)
                }
            },
            "history": {
                try await pipeline.file.check()
                _ = try await pipeline.history.run(id: "")
            },
        ]
        if let governor = pipeline.governor {
            looks["ledger"] = {
                try await pipeline.file.check()
                _ = try await governor.status()
                if let failure = governor.ledgerFailure { throw failure }
            }
        }
        if let index = pipeline.index { looks["index"] = { try await index.check() } }
        self.init(
            drain: pipeline.host.drain, broker: pipeline.broker, looks: looks,
            troubles: { pipeline.host.troubles }, watch: pipeline.storeWatch)
    }

    /// Looks at all parts.
    func check() async -> Report {
        var parts = await withTaskGroup(of: (String, String).self) { group in
            for (name, look) in looks {
                group.addTask {
                    if let state = await look.value(within: Self.patience) { return (name, state) }
                    // One that took longer may have found out why.
                    let before = look.last.flatMap { $0 == "ready" ? nil : $0 }
                    return (name, before ?? "away: no answer")
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        switch await broker.state {
        case .ready: break
        case .mayNotPublish(let reason), .queueRefused(let reason): parts["broker"] = "refused: \(reason)"
        case .blocked(let reason): parts["broker"] = "blocked: \(reason)"
        case .away(let reason): parts["broker"] = "away: \(reason)"
        }
        if let watch { parts["clock"] = watch.clockProblem ?? "ready" }
        // Names of functions are none of the parts'.
        parts.merge(troubles().mapValues(\.description)) { $1 }
        return Report(isDraining: drain.deadline != nil, parts: parts, notes: watch?.notes ?? [:])
    }

    private static func state(_ look: @escaping @Sendable () async throws -> Void) async -> String {
        do {
            try await look()
            return "ready"
        } catch {
            // Says which file or server, and what to do.
            return plainReason(error).map { "away: \($0)" } ?? "away"
        }
    }
}
