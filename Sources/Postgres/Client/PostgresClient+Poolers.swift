import FunctionKit
import Waiting

extension PostgresClient {
    /// Makes sure that connections have sessions of their own, which a pooler may deny; to be asked once, before anything
    /// rests on it.
    ///
    /// From then on each batch of statements asks whether it is still in its own session, where a pooler stands between.
    ///
    /// Waits for a server that is away, starting or full.
    ///
    /// - Throws: ``PostgresError/unfit(server:reason:)``, which names the pooler's setting, or any other ``PostgresError``.
    package func requireOwnSessions() async throws {
        try await Deadline(after: waitMax, by: .process).asking(every: Self.pauseMin) { (error: any Error) in
            // Also a pooler that takes connections and has no place for them.
            (error as? PostgresError)?.isWorthWaiting == true
        } _: {
            try await lookForOwnSessions()
        }
    }

    private func lookForOwnSessions() async throws {
        // As they come, so that nothing of ours stays in a session that is another's next.
        let first = try await PostgresConnection.make(configuration)
        do {
            if try await first.process() != first.startedBy {
                let second = try await PostgresConnection.make(configuration)
                do {
                    try await Self.compare(first, second)
                    await second.close()
                } catch {
                    await second.close()
                    throw error
                }
            }
            await first.close()
        } catch {
            await first.close()
            throw error
        }
    }

    /// Two connections, one of them within a transaction, never share a process, and none changes its own.
    ///
    /// Whichever free process a pooler gives next, the one that was used last or the one that was used first, one of these
    /// shows it.
    private static func compare(
        _ first: PostgresConnection, _ second: PostgresConnection
    ) async throws(PostgresError) {
        let lost = PostgresSession.lost(by: first.configuration)
        let process = try await first.process()
        let other = try await second.process()
        do throws(PostgresError) {
            // Also where both had one process already: only this tells sessions without transactions.
            try await second.run(PostgresStatement("BEGIN", isPrepared: false), isCancellable: false)
            let held = try await second.process()
            if other == process { throw lost }
            guard held == other, try await first.process() == process else { throw lost }
            try await second.run(PostgresStatement("COMMIT", isPrepared: false), isCancellable: false)
        } catch {
            switch error {
            case .noSession, .cannotConnect, .connectionLost:
                throw PostgresSession.withoutTransactions(first.configuration)
            default: throw error
            }
        }
        guard try await second.process() == other, try await first.process() == process else { throw lost }
    }
}

extension PostgresConnection {
    /// The process that serves it now.
    fileprivate func process() async throws(PostgresError) -> Int {
        do throws(PostgresError) {
            guard let row = try await run(PostgresSession.facts, isCancellable: false).rows.first else {
                throw .unexpectedType(column: 0)
            }
            return try row.get(0)
        } catch .connectionLost {
            throw notBegun
        }
    }
}
