import GRDB
import Glibc
import Synchronization

/// How far a store has come: a number that each commit that changes something raises, in the file and beside it.
///
/// What lies beside is written after the commit, so that it is never ahead of a file that is what it was. Where it is ahead, the
/// file is an older copy; where its mark differs, another store's.
final class StoreHead: Sendable {
    /// A store and how far it has come.
    struct Place: Sendable, Hashable {
        /// Drawn when the tables were made.
        let mark: String
        let commits: Int64
    }

    static let schema = Schema(
        name: "store",
        migrations: [
            { database in
                try database.execute(
                    sql: """
                        CREATE TABLE store_head (
                            is_only INTEGER PRIMARY KEY CHECK (is_only = 1),
                            mark TEXT NOT NULL,
                            commits INTEGER NOT NULL
                        ) STRICT;
                        INSERT INTO store_head VALUES (1, lower(hex(randomblob(16))), 0);
                        """)
            }
        ])

    private let descriptor: Descriptor
    /// The most commits that this process knows of.
    private let known = Mutex<Place?>(nil)

    /// Opens the file beside the database, or makes it.
    ///
    /// - Throws: ``SQLiteStoreError/cannotOpen(file:reason:)``.
    init(path: String) throws(SQLiteStoreError) {
        let opened = unsafe open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { throw .cannotOpen(file: path, reason: systemReason(errno)) }
        descriptor = Descriptor(opened)
    }

    /// Lets go of it.
    func close() { descriptor.close() }

    /// What was noted last; nil where nothing was.
    var noted: Place? {
        var bytes = [UInt8](repeating: 0, count: Self.length)
        let count = descriptor.use { unsafe pread($0, &bytes, bytes.count, 0) }
        guard count == bytes.count else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let commits = Int64(words[1]) else { return nil }
        return Place(mark: String(words[0]), commits: commits)
    }

    /// What the database says of itself; nil where it has no head yet.
    static func place(_ database: Database) throws -> Place? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT mark, commits FROM store_head")
        ).map { Place(mark: $0[0], commits: $0[1]) }
    }

    /// Reads the head at a transaction's begin.
    ///
    /// - Throws: ``Behind`` where the database is not what this process knows, or older.
    func begin(_ database: Database) throws -> Place {
        guard let place = try Self.place(database) else { throw Behind() }
        try known.withLock { known in
            if let known, known.mark != place.mark || known.commits > place.commits { throw Behind() }
            known = place
        }
        return place
    }

    /// The database is older than it was, or another.
    struct Behind: Error {}

    /// Raises the number at a transaction's end.
    static func advance(_ database: Database) throws {
        try database.cachedStatement(sql: "UPDATE store_head SET commits = commits + 1").execute()
    }

    /// Takes note of what is on the disk.
    ///
    /// Of two processes that note at once, the slower one may note the smaller number, until the next commit. It is not flushed:
    /// a power cut leaves an older number, which is no harm.
    func note(_ place: Place) {
        known.withLock { $0 = place }
        let number = String(place.commits)
        let text = place.mark + " " + String(repeating: " ", count: max(0, 20 - number.count)) + number + "\n"
        let bytes = Array(text.utf8)
        _ = descriptor.use { unsafe pwrite($0, bytes, bytes.count, 0) }
    }

    /// 32 hexadecimal digits, a space, 20 places for the number, and a line's end.
    private static let length = 54
}
