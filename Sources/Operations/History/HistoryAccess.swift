package import Composition
package import Documents
package import FoundationEssentials
import History
package import Settings

/// The history alone, for commands that operators use.
package struct HistoryAccess: Sendable {
    /// What became of a tenant's questions.
    package struct Deletion: Encodable, Sendable {
        /// How many were deleted.
        package let deleted: Int
        /// How many were left, because their answers are still to come.
        package let underWay: Int

        private enum CodingKeys: String, CodingKey {
            case deleted
            case underWay = "under_way"
        }

        /// The report for every format.
        package var document: Document {
            Document(
                headline: "\(deleted.counted("question")) deleted",
                sections: underWay == 0
                    ? []
                    : [
                        Section([
                            .note("\(underWay.grouped) still under way; delete again when they have ended.")
                        ])
                    ],
                records: Table(
                    columns: [
                        Column("deleted", "Deleted", isNumeric: true),
                        Column("under_way", "Under way", isNumeric: true),
                    ], rows: [[.count(deleted), .count(underWay)]]), value: self)
        }
    }

    private let history: any RunHistory

    /// Opens a history, runs `body` and closes it.
    ///
    /// - Parameters:
    ///   - dataFolder: Where the embedded history lies.
    ///   - use: What it is opened for.
    ///   - settings: Name the database.
    ///   - body: Gets the open history.
    /// - Returns: What `body` returns.
    /// - Throws: ``SetupProblem``.
    package static func with<Value: Sendable>(
        dataFolder: String, for use: DataUse, settings: Settings, _ body: (HistoryAccess) async throws -> Value
    ) async throws -> Value {
        try await Books.with(dataFolder: dataFolder, for: use, settings: settings) { books in
            do {
                return try await body(HistoryAccess(history: books.history))
            } catch let error as any CustomStringConvertible & Error {
                throw SetupProblem(error.description)
            }
        }
    }

    /// Hands out the questions as JSON lines, some at a time, the oldest first.
    ///
    /// - Returns: How many there were.
    @discardableResult
    package func export(tenant: String?, _ body: (Data) -> Void) async throws -> Int {
        try await QuestionExport(history, tenant: tenant).write(body)
    }

    /// Deletes all questions of a tenant that have ended, for good.
    package func delete(tenant: String) async throws -> Deletion {
        let result = try await history.deleteRuns(of: tenant)
        return Deletion(deleted: result.deleted, underWay: result.underWay)
    }
}
