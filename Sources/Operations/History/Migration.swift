import Composition
package import Documents
import FoundationEssentials
import Postgres
package import Settings

/// Brings the tables of a database up to date.
package struct Migration: Sendable {
    /// What is or was to be done.
    package struct Report: Encodable, Sendable {
        /// The steps, such as `spending.2`, in order.
        package let steps: [String]
        /// Whether they were done.
        package let done: Bool
        /// The tables that they make or made, and where; without a password.
        package let place: String

        private enum CodingKeys: String, CodingKey { case steps, done }

        /// A row a step.
        package var document: Document {
            let table = Table(
                columns: [Column("step", "Step", importance: .high), Column("state", "State", importance: .high)],
                rows: steps.map { [.text($0), .text(done ? "done" : "to be done")] })
            return Document(
                headline: steps.isEmpty
                    ? "The tables are up to date" : "\(steps.count.counted("step")) \(done ? "done" : "to be done")",
                sections: steps.isEmpty ? [] : [Section([.table(table)])], records: table, value: self)
        }
    }

    private let url: Secret

    /// Makes a migration of the database that the settings name.
    ///
    /// - Throws: ``SetupProblem`` where they name none.
    package init(settings: Settings) throws {
        guard let url = settings.databaseURL else {
            throw SetupProblem(
                "DATABASE_URL is not set; tables in --data are brought up to date whenever they are opened")
        }
        self.url = url
    }

    /// Does the steps that are missing, or says which they are.
    ///
    /// Each is a transaction; hosts that start at the same moment wait.
    ///
    /// - Parameter isDryRun: Whether nothing is changed.
    /// - Returns: The steps.
    /// - Throws: ``SetupProblem``, also for tables that a newer program made.
    package func run(isDryRun: Bool) async throws -> Report {
        do {
            let client = try Books.client(url, patience: Books.commandPatience, for: .command)
            do {
                try await client.requireOwnSessions()
                let steps =
                    isDryRun
                    ? try await client.pendingMigrations(Books.schemas) : try await client.migrate(Books.schemas)
                await client.close()
                return Report(steps: steps, done: !isDryRun, place: Books.place(of: steps, in: client))
            } catch {
                await client.close()
                throw error
            }
        } catch let error as PostgresError {
            throw SetupProblem(error.description)
        }
    }
}
