import Composition
import FunctionHost
import History

/// What is known of an id that somebody asks for.
enum FoundRun {
    /// What is kept of it.
    case known(RunRecord)
    /// This host has taken it in and not noted it yet.
    case noted(AcceptanceNotes.Note)
    /// It was sent to the queue, and nobody has said that it came there.
    case unconfirmed
    /// Nobody knows it.
    case none
    /// It cannot be looked up for now, as the reason says.
    case away(String)
}

extension Pipeline {
    /// Looks a run up, and waits for its end.
    ///
    /// - Parameters:
    ///   - id: The run's, which need not be known yet.
    ///   - limit: How long to wait; zero for a look.
    ///   - context: Of whoever asks: nobody waits longer than that.
    /// - Returns: What is known.
    /// - Throws: The history's errors while it is waited for.
    func find(_ id: String, within limit: Duration, _ context: ConnectionContext) async throws -> FoundRun {
        // What this host took is known here before it is noted, and no more afterwards: so this look comes first.
        let note = notes[id]
        let (look, obstacle) = await lookOrObstacle(at: id)
        guard let look else {
            if let note { return .noted(note) }
            return .away(obstacle.flatMap(plainReason) ?? "the history does not answer")
        }
        var known = look.record
        // Also for one that nobody has noted yet: it may be on its way.
        let isOpen = known.map { !$0.state.isFinal } ?? true
        if isOpen, limit > .zero {
            let outcome = try await context.whileClientStays { [self] () async throws -> RunRecord? in
                try await self.outcome(of: id, within: limit)
            }
            known = (outcome ?? nil) ?? known
        }
        if let known { return .known(known) }
        if let note { return .noted(note) }
        return notes.isUnconfirmed(id) ? .unconfirmed : .none
    }
}
