import FoundationEssentials
import FunctionHost
package import History
import HistoryPostgres
import HistorySQLite
package import Logging
package import Postgres
package import Settings
package import Spending
import SpendingPostgres
import SpendingSQLite

/// Ledger and history, wherever they are kept: the one place that knows where that may be.
package struct Books: Sendable {
    /// A ledger that reports can read.
    package typealias Ledger = SpendLedger & SpendReader

    /// What is held and spent.
    package let ledger: any Ledger
    /// What became of each message.
    package let history: any RunHistory
    /// Whether they have a clock of their own, and not this machine's.
    package let haveClock: Bool
    private let closing: @Sendable () async -> Void

    /// What books are opened for.
    package enum Use: Sendable {
        /// A process that serves: it makes the tables that are missing, says so to the logger, and does not start on a
        /// database that is not what the tables' makers left.
        case serving(Logger)
        /// A command that may pay: it makes none in whatever database a shell happens to name, and pays nothing on one on
        /// which no process would serve.
        case paying
        /// A command that reads or mends: it makes none either, and works on what is damaged.
        case command

        fileprivate var isServing: Bool { if case .serving = self { true } else { false } }
    }

    /// Opens books; the embedded ones are brought up to date.
    ///
    /// - Parameters:
    ///   - url: PostgreSQL; nil for the embedded books.
    ///   - file: Where the embedded ones lie; opened for these alone.
    ///   - isEphemeral: Whether all stays in memory, wherever it would be kept else.
    ///   - use: What for.
    ///   - patience: How long anything waits for a server that is away, starting or full.
    /// - Returns: Open books.
    /// - Throws: ``SetupProblem`` where tables are missing or not as they should be, ``PostgresError``,
    ///   ``SQLiteStoreError`` or ``GovernorError``; none of them holds a password.
    package static func open(
        url: Secret?, file: DataFile, isEphemeral: Bool = false, for use: Use, patience: Duration
    ) async throws -> Books {
        guard let url, !isEphemeral else {
            let store = try file.store()
            return Books(
                ledger: isEphemeral ? InMemoryLedger() : try SQLiteLedger(store: store),
                history: SQLiteHistory(store: store), haveClock: false, closing: {})
        }
        let client = try client(url, patience: patience, for: use)
        let ledger = PostgresLedger(client: client)
        let history = PostgresHistory(client: client, witness: ledger.witness)
        let books = Books(ledger: ledger, history: history, haveClock: true) {
            await history.close()
            await ledger.close()
            await client.close()
        }
        do {
            try await prepare(client, ledger, history, for: use)
        } catch {
            await books.close()
            throw error
        }
        return books
    }

    /// Ends what the books have open of their own; the file is its owner's.
    package func close() async { await closing() }

    /// Where ledger and history lie, in words that may follow `in`.
    ///
    /// - Parameters:
    ///   - dataFolder: Where the embedded ones lie.
    ///   - settings: Name the database.
    /// - Returns: The folder, or the database without its password.
    package static func place(dataFolder: String, settings: Settings) -> String {
        guard let url = settings.databaseURL else { return dataFolder }
        return (try? PostgresConfiguration(url: url.text).server) ?? "the database of DATABASE_URL"
    }

    /// Opens books for a command, and closes them after it.
    ///
    /// - Parameters:
    ///   - dataFolder: Where the embedded ones lie.
    ///   - use: What they are opened for.
    ///   - settings: Name the database.
    ///   - body: Gets the open books.
    /// - Returns: What `body` returns.
    /// - Throws: ``SetupProblem`` where they cannot be opened, otherwise what `body` throws.
    package static func with<Value: Sendable>(
        dataFolder: String, for use: DataUse, settings: Settings, _ body: (Books) async throws -> Value
    ) async throws -> Value {
        try await with(dataFolder: dataFolder, for: use, settings: settings) { books, _ in try await body(books) }
    }

    /// The same, with the file beside, for what else is embedded.
    package static func with<Value: Sendable>(
        dataFolder: String, for use: DataUse, settings: Settings, _ body: (Books, DataFile) async throws -> Value
    ) async throws -> Value {
        let file = DataFile(folder: dataFolder, for: use)
        return try await file.closing {
            let books: Books
            do {
                books = try await open(url: settings.databaseURL, file: file, for: .command, patience: commandPatience)
            } catch let problem as SetupProblem {
                throw problem
            } catch let error as any CustomStringConvertible & Error {
                throw SetupProblem(error.description)
            }
            do {
                let value = try await body(books, file)
                await books.close()
                return value
            } catch {
                await books.close()
                throw error
            }
        }
    }
}

// MARK: - PostgreSQL

extension Books {
    /// All tables of the database.
    package static let schemas = [PostgresLedger.schema, PostgresHistory.schema]

    /// As long as a person waits who may have mistyped an address.
    package static let commandPatience = Duration.seconds(5)

    /// A client of the database, which connects when it is first used.
    ///
    /// - Parameters:
    ///   - url: Where it is.
    ///   - patience: How long a server that is away, starting, full or standing still is waited for.
    ///   - use: What for; a person is not left waiting for an answer that cannot come any more.
    /// - Returns: A client, to be closed.
    /// - Throws: ``PostgresError`` where the URL is none.
    package static func client(_ url: Secret, patience: Duration, for use: Use) throws(PostgresError) -> PostgresClient
    {
        var configuration = try PostgresConfiguration(url: url.text)
        configuration.connectTimeout = min(configuration.connectTimeout, max(patience, .seconds(1)))
        if !use.isServing {
            configuration.answerTimeout = min(
                configuration.answerTimeout, configuration.statementTimeout + .seconds(5))
        }
        if configuration.applicationName == "sluice" {
            let process = ProcessInfo.processInfo
            configuration.applicationName = "sluice \(process.hostName) \(process.processIdentifier)"
        }
        return PostgresClient(configuration, waitMax: patience)
    }
}
