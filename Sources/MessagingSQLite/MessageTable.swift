import FoundationEssentials
import GRDB
import Messaging
import SQLite

/// The queues and messages in the file, and every statement about them.
///
/// A message is ready (it has a position and no owner), delivered (it has an owner) or delayed (it has an instant and no
/// position yet). It gets its position when it becomes ready and keeps it, so that one that comes back is in front.
enum MessageTable {
    static let schema = Schema(
        name: "messaging",
        migrations: [
            { db in
                try db.execute(
                    sql: """
                        CREATE TABLE queues (
                            name TEXT PRIMARY KEY NOT NULL,
                            length_max INTEGER NOT NULL,
                            delays_ns TEXT NOT NULL,
                            length INTEGER NOT NULL DEFAULT 0,
                            last_position INTEGER NOT NULL DEFAULT 0
                        ) STRICT;
                        CREATE TABLE messages (
                            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                            queue TEXT NOT NULL,
                            id TEXT NOT NULL,
                            headers TEXT NOT NULL,
                            prior_deliveries INTEGER NOT NULL DEFAULT 0,
                            position INTEGER,
                            available_at_ms INTEGER,
                            owner TEXT,
                            body BLOB NOT NULL
                        ) STRICT;
                        CREATE INDEX messages_ready ON messages (queue, position)
                            WHERE owner IS NULL AND position IS NOT NULL;
                        CREATE INDEX messages_delayed ON messages (queue, available_at_ms)
                            WHERE available_at_ms IS NOT NULL;
                        CREATE INDEX messages_delivered ON messages (owner, queue) WHERE owner IS NOT NULL;
                        """)
            }
        ])

    /// What a consumer gets.
    enum Claim: Sendable {
        /// A message, and how it is called in the table.
        case message(Message, sequence: Int64, priorDeliveries: Int)
        /// None now; the next delay ends so many milliseconds after 1970.
        case nothing(dueMilliseconds: Int64?)
    }

    /// What a queue offers to consumers.
    struct Offer: Sendable {
        let queue: String
        /// How many messages are ready, counted up to the limit asked for.
        let ready: Int
        let dueMilliseconds: Int64?
    }

    /// Whether a message of the queue `?1` waits at the instant `?2` for longer than any delay takes.
    ///
    /// The clock was ahead when it came, and has gone back since, by more than clocks do that are set right all the time. It
    /// waits no longer: nobody knows how long it has waited, and it would for as long as that clock was ahead.
    private static let waitsTooLong = """
        available_at_ms > ?2 + 60000
            + ifnull((SELECT json_extract(delays_ns, '$[#-1]') / 1000000 FROM queues WHERE name = ?1), 0)
        """

    /// The wall clock, which all processes share: milliseconds since 1970.
    static var now: Int64 { Int64((Date.now.timeIntervalSince1970 * 1000).rounded(.down)) }

    static func declare(_ queue: QueueSpecification, _ db: Database) throws {
        let delays = try text(queue.delays.map(\.nanoseconds).sorted())
        try db.execute(
            sql: """
                INSERT INTO queues (name, length_max, delays_ns) VALUES (?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET length_max = excluded.length_max, delays_ns = excluded.delays_ns
                """,
            arguments: [queue.name, queue.lengthMax, delays])
    }

    static func publish(_ message: Message, to queue: String, after delay: Duration, _ db: Database) throws {
        let delays = try String.fetchOne(db, sql: "SELECT delays_ns FROM queues WHERE name = ?", arguments: [queue])
        guard let delays else { throw BrokerError.unknownQueue(queue) }
        if delay != .zero {
            let declared = try JSONDecoder().decode([Int64].self, from: Data(delays.utf8))
            guard declared.contains(delay.nanoseconds) else { throw BrokerError.unknownDelay(delay, queue: queue) }
        }
        try db.execute(
            sql: "UPDATE queues SET length = length + 1 WHERE name = ? AND length < length_max", arguments: [queue])
        guard db.changesCount == 1 else { throw BrokerError.queueFull(queue: queue) }
        try db.execute(
            sql: """
                INSERT INTO messages (queue, id, headers, position, available_at_ms, body) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                queue, message.id, try text(message.headers),
                delay == .zero ? try nextPosition(in: queue, db) : nil,
                // Rounded up: never before the delay has passed.
                delay == .zero ? nil : now + (delay.nanoseconds + 1_999_999) / 1_000_000,
                message.body,
            ])
    }

    static func claim(from queue: String, owner: String, _ db: Database) throws -> Claim {
        try ripen(queue, db)
        // All rows: a statement with RETURNING has done its work only when it was stepped to its end.
        let rows = try Row.fetchAll(
            db,
            sql: """
                UPDATE messages SET owner = ? WHERE sequence = (
                    SELECT sequence FROM messages WHERE queue = ? AND owner IS NULL AND position IS NOT NULL
                    ORDER BY position LIMIT 1)
                RETURNING sequence, id, headers, prior_deliveries, body
                """,
            arguments: [owner, queue])
        guard let row = rows.first else { return .nothing(dueMilliseconds: try due(in: queue, db)) }
        return .message(try message(row), sequence: row["sequence"], priorDeliveries: row["prior_deliveries"])
    }

    /// The first messages that are ready, or would be once the ripe ones had their position.
    static func first(_ limit: Int, of queue: String, _ db: Database) throws -> [Message] {
        guard try exists(queue, db) else { throw BrokerError.unknownQueue(queue) }
        return try Row.fetchAll(
            db,
            sql: """
                SELECT id, headers, body FROM messages
                WHERE queue = ?1 AND owner IS NULL
                    AND (position IS NOT NULL OR available_at_ms <= ?2 OR \(waitsTooLong))
                ORDER BY position IS NULL, position, available_at_ms, sequence LIMIT ?3
                """,
            arguments: [queue, now, limit]
        ).map(message)
    }

    private static func message(_ row: Row) throws -> Message {
        let headers: String = row["headers"]
        return Message(
            id: row["id"], body: row["body"],
            headers: try JSONDecoder().decode([String: String].self, from: Data(headers.utf8)))
    }

    /// Returns false where this owner does not hold the message.
    static func acknowledge(_ sequence: Int64, of queue: String, owner: String, _ db: Database) throws -> Bool {
        try db.execute(sql: "DELETE FROM messages WHERE sequence = ? AND owner = ?", arguments: [sequence, owner])
        guard db.changesCount == 1 else { return false }
        try db.execute(sql: "UPDATE queues SET length = length - 1 WHERE name = ?", arguments: [queue])
        return true
    }

    /// Returns false where this owner does not hold the message.
    static func handBack(_ sequence: Int64, owner: String, _ db: Database) throws -> Bool {
        try db.execute(
            sql: """
                UPDATE messages SET owner = NULL, prior_deliveries = prior_deliveries + 1
                WHERE sequence = ? AND owner = ?
                """,
            arguments: [sequence, owner])
        return db.changesCount == 1
    }

    /// Hands back all that an owner holds; returns the queue of each message.
    static func handBackAll(of owner: String, _ db: Database) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                UPDATE messages SET owner = NULL, prior_deliveries = prior_deliveries + 1 WHERE owner = ?
                RETURNING queue
                """,
            arguments: [owner])
    }

    static func otherOwners(than owner: String, _ db: Database) throws -> [String] {
        try String.fetchAll(
            db, sql: "SELECT DISTINCT owner FROM messages WHERE owner IS NOT NULL AND owner <> ?", arguments: [owner])
    }

    static func offers(countingTo limit: Int, _ db: Database) throws -> [Offer] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT name,
                    (SELECT count(*) FROM (
                        SELECT 1 FROM messages WHERE queue = name AND owner IS NULL AND position IS NOT NULL
                        LIMIT ?)) AS ready,
                    (SELECT min(available_at_ms) FROM messages
                        WHERE queue = name AND available_at_ms IS NOT NULL) AS due
                FROM queues WHERE length > 0
                """,
            arguments: [limit]
        ).map { Offer(queue: $0["name"], ready: $0["ready"], dueMilliseconds: $0["due"]) }
    }

    static func exists(_ queue: String, _ db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT 1 FROM queues WHERE name = ?", arguments: [queue]) != nil
    }

    static func depth(of queue: String, _ db: Database) throws -> QueueDepth {
        guard try exists(queue, db) else { throw BrokerError.unknownQueue(queue) }
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT
                    count(*) FILTER (WHERE owner IS NOT NULL) AS delivered,
                    count(*) FILTER (WHERE available_at_ms > ?2 AND NOT \(waitsTooLong)) AS delayed,
                    count(*) AS total
                FROM messages WHERE queue = ?1
                """,
            arguments: [queue, now])
        guard let row else { return QueueDepth(ready: 0, delivered: 0, delayed: 0) }
        let (delivered, delayed, total): (Int, Int, Int) = (row["delivered"], row["delayed"], row["total"])
        return QueueDepth(ready: total - delivered - delayed, delivered: delivered, delayed: delayed)
    }

    /// Puts the messages whose delay has ended at the end of the queue, in the order in which they were due.
    private static func ripen(_ queue: String, _ db: Database) throws {
        let ripe = try Int64.fetchAll(
            db,
            sql: """
                SELECT sequence, available_at_ms FROM messages WHERE queue = ?1 AND available_at_ms <= ?2
                UNION ALL
                SELECT sequence, available_at_ms FROM messages WHERE queue = ?1 AND \(waitsTooLong)
                ORDER BY available_at_ms, sequence
                """,
            arguments: [queue, now])
        for sequence in ripe {
            try db.execute(
                sql: "UPDATE messages SET available_at_ms = NULL, position = ? WHERE sequence = ?",
                arguments: [try nextPosition(in: queue, db), sequence])
        }
    }

    private static func due(in queue: String, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db,
            sql: "SELECT min(available_at_ms) FROM messages WHERE queue = ? AND available_at_ms IS NOT NULL",
            arguments: [queue])
    }

    private static func nextPosition(in queue: String, _ db: Database) throws -> Int64? {
        try Int64.fetchAll(
            db, sql: "UPDATE queues SET last_position = last_position + 1 WHERE name = ? RETURNING last_position",
            arguments: [queue]
        ).first
    }

    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

extension Duration {
    /// Whole nanoseconds, at most 290 years of them.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return min(seconds, 9_000_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
