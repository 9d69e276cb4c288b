import Bedrock
import CivilTime
import Composition
import FoundationEssentials
import FunctionHost
import History
import Logging
import ServiceLifecycle
import Spending
import Synchronization

/// Looks now and then at what a host needs of its stores: its own time and limits, and that they take what is written.
///
/// What is wrong is logged when it begins and when it ends, and shown by `/readyz` and the metrics while it lasts.
final class StoreWatch: Service {
    /// What the last look found.
    struct Sight: Sendable {
        /// How far this machine's clock is ahead of the store's, in seconds; below zero where it is behind.
        var clockOffset: TimeInterval = 0
        /// The ledger's moment; nil before the first look, and where there is no ledger.
        var moment: LedgerMoment?
        /// Why nothing can be written to the data file; nil where it can, or none is open.
        var writeProblem: String?
    }

    /// How often it looks.
    private static let interval = Duration.seconds(5)

    private let governor: CostGovernor?
    private let history: (any RunHistory)?
    private let file: DataFile
    private let calls: CallWatch
    private let logger: Logger
    private let sight = Mutex(Sight())
    private let told = Mutex<[String: String]>([:])

    /// Makes a watch that has not looked yet.
    ///
    /// - Parameters:
    ///   - governor: Whose ledger it is; nil where no model is asked.
    ///   - history: Has the clock where there is no ledger; nil where it has none of its own.
    ///   - file: What is embedded.
    ///   - calls: Know what time the model's answers tell.
    ///   - logger: Told of what begins and ends.
    init(
        governor: CostGovernor?, history: (any RunHistory)?, file: DataFile, calls: CallWatch, logger: Logger
    ) {
        self.governor = governor
        self.history = history
        self.file = file
        self.calls = calls
        self.logger = logger
    }

    /// Looks until the graceful shutdown.
    func run() async {
        await cancelWhenGracefulShutdown {
            repeat { await self.look() } while (try? await Task.sleep(for: Self.interval)) != nil
        }
    }

    /// Looks once.
    ///
    /// What cannot be read keeps its last value: the ledger's own state is told elsewhere.
    func look() async {
        let problem = await writeProblem()
        sight.withLock { $0.writeProblem = problem }
        let before = Date.now
        if let (clock, moment) = (try? await clock()) ?? nil {
            let offset = ClockOffset(to: clock, between: before, and: .now)
            sight.withLock { ($0.clockOffset, $0.moment) = (offset.seconds, moment) }
        }
        tell()
    }

    private func writeProblem() async -> String? {
        do {
            try await file.check()
            return nil
        } catch {
            return plainReason(error)
        }
    }

    /// The store's clock, which the ledger's time can be ahead of.
    private func clock() async throws -> (clock: Date, moment: LedgerMoment?)? {
        guard let governor else {
            guard let history else { return nil }
            return (try await history.instant(), nil)
        }
        let moment = try await governor.moment()
        return (moment.instant.addingTimeInterval(-moment.lead), moment)
    }

    /// How far this machine's clock is ahead, in seconds, by whose clock.
    var offsets: [(source: String, seconds: TimeInterval)] {
        let store = governor == nil ? history.map { _ in "history" } : "ledger"
        return (store.map { [($0, sight.withLock { $0.clockOffset })] } ?? [])
            + (calls.clockOffset.map { [("model", $0)] } ?? [])
    }

    /// How far the ledger has come beyond its clock, in seconds.
    var lead: TimeInterval { sight.withLock { $0.moment?.lead } ?? 0 }

    /// Why this machine's clock must be set; nil where it need not.
    var clockProblem: String? {
        let worst = offsets.max { abs($0.seconds) < abs($1.seconds) }
        guard let worst, abs(worst.seconds) > ClockOffset.secondsMax else { return nil }
        let seconds = Int(abs(worst.seconds).rounded())
        let side = worst.seconds > 0 ? "ahead of" : "behind"
        return "this machine's clock is \(seconds) s \(side) the \(worst.source)'s; set right whichever is wrong"
    }

    /// Why the ledger goes by other limits than this host's files; nil where it does not.
    var limitsProblem: String? {
        guard let governor, let limits = sight.withLock({ $0.moment?.limits }), limits.set != governor.own else {
            return nil
        }
        return "the ledger goes by the limits that \(limits.broughtBy) brought at \(limits.at.formatted(.iso8601)),"
            + " not by those of this host's files; `sluice budget apply` decides"
    }

    /// What should be known of a host that is ready all the same.
    var notes: [String: String] {
        var notes: [String: String] = [:]
        notes["limits"] = limitsProblem
        notes["ledger_clock"] = sight.withLock { $0.moment?.clockNote }
        return notes
    }

    /// Logs what has begun or ended since the last look.
    private func tell() {
        var now = notes
        now["clock"] = clockProblem
        now["storage"] = sight.withLock { $0.writeProblem }
        let before = told.withLock { told in
            defer { told = now }
            return told
        }
        for (part, problem) in now.sorted(by: { $0.key < $1.key }) where before[part] == nil {
            logger.warning("not as it should be", metadata: ["part": "\(part)", LogKey.error: "\(problem)"])
        }
        for part in before.keys.sorted() where now[part] == nil {
            logger.notice("as it should be again", metadata: ["part": "\(part)"])
        }
    }
}
