import Foundation
import GRDB
import SQLite
import TestSupport
import Testing

@Suite("A store's folder", .serialized, .timeLimit(.minutes(1)))
struct DataFolderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let notes = Schema(name: "notes", migrations: [{ try $0.execute(sql: "CREATE TABLE notes (text)") }])

    private func open(_ name: String) throws -> SQLiteStore {
        try SQLiteStore.open(folder: "\(folder.path)/\(name)", schemas: [Self.notes])
    }

    private func mode(_ name: String) throws -> Int {
        try #require(
            FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")[.posixPermissions] as? Int)
    }

    private func setMode(_ mode: Int, _ name: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(folder.path)/\(name)")
    }

    private func give(_ name: String, to user: UInt32) throws {
        let given = unsafe chown("\(folder.path)/\(name)", user, user)
        try #require(given == 0)
    }

    private func make(_ name: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
    }

    /// What a refused start says of the folder or file.
    private func complaint(_ name: String) throws -> String {
        "\(try #require(#expect(throws: SQLiteStoreError.self) { _ = try open(name) }))"
            .replacing(folder.path + "/", with: "")
    }

    @Test(
        "is this user's alone whatever the umask, with all that is in it and those above it", arguments: [0o002, 0o777])
    func modes(mask: mode_t) async throws {
        let before = umask(mask)
        defer { umask(before) }
        let store = try open("new/below")
        try await store.commit { try $0.execute(sql: "INSERT INTO notes VALUES ('a')") }
        #expect(store.notice == nil)
        for name in ["new", "new/below"] { #expect(try mode(name) == 0o700) }
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/new/below")
        #expect(Set(files).isSuperset(of: ["sluice.sqlite", "sluice.sqlite-wal", "sluice.sqlite-shm", "start.lock"]))
        for file in files { #expect(try mode("new/below/\(file)") == 0o600, "\(file)") }
        try store.close()
        #expect(try open("new/below").notice == nil)
    }

    @Test("of an earlier version is narrowed, which is said once")
    func narrowed() throws {
        try open("data").close()
        try setMode(0o755, "data")
        try setMode(0o644, "data/sluice.sqlite")
        let store = try open("data")
        #expect(
            store.notice
                == "\(folder.path)/data was open to other users; from now on it is this user's alone")
        #expect(try mode("data") == 0o700 && mode("data/sluice.sqlite") == 0o600)
        try store.close()
        #expect(try open("data").notice == nil)
    }

    @Test("that is there for others as well is refused and left as it is", arguments: [0o1777, 0o1755, 0o2775, 0o777])
    func shared(mode: Int) throws {
        try make("all")
        try setMode(mode, "all")
        let own = "all is shared with other users and is left as it is; name a folder of its own with --data, such as"
        #expect(try complaint("all") == "\(own) all/sluice")
        let refusal = SQLiteStoreError.shared(path: "\(folder.path)/all", what: "is shared with other users")
        #expect(throws: refusal) { try SQLiteStore.openExisting(folder: "\(folder.path)/all", schemas: [Self.notes]) }
        #expect(throws: refusal) {
            try SQLiteStore.openForReading(folder: "\(folder.path)/all", schemas: [Self.notes])
        }
        #expect(try self.mode("all") == mode)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/all").isEmpty)
        // A folder of its own in it will do.
        #expect(try open("all/sluice").notice == nil)
        #expect(try self.mode("all") == mode && self.mode("all/sluice") == 0o700)
    }

    @Test("that holds the whole system is refused")
    func root() {
        for name in ["/", "//", "/./"] {
            #expect(throws: SQLiteStoreError.shared(path: name, what: "is the whole system's")) {
                try SQLiteStore.open(folder: name, schemas: [Self.notes])
            }
        }
        #expect(!FileManager.default.fileExists(atPath: "/sluice.sqlite"))
    }

    @Test("that others share is refused even where a store lies in it")
    func sharedStore() throws {
        try open("data").close()
        try setMode(0o1777, "data")
        #expect(try complaint("data").hasPrefix("data is shared with other users"))
        #expect(try mode("data") == 0o1777)
    }

    @Test("that this user has made is used, and closed to others", arguments: [0o755, 0o775, 0o700])
    func ownEmpty(mode: Int) throws {
        try make("own")
        try setMode(mode, "own")
        #expect(try (open("own").notice == nil) == (mode == 0o700))
        #expect(try self.mode("own") == 0o700)
    }

    @Test("that holds other things of this user's is used, and stays open to others")
    func project() throws {
        try make("project")
        try Data().write(to: folder.url.appending(path: "project/index.html"))
        try setMode(0o755, "project")
        for _ in 0..<2 {
            let store = try open("project")
            #expect(store.notice?.hasSuffix("since sluice did not make it; its files are not") == true)
            #expect(try mode("project") == 0o755 && mode("project/sluice.sqlite") == 0o600)
            #expect(try mode("project/index.html") == 0o644)
            try store.close()
        }
        // Where others may write, they could swap what lies in it.
        try setMode(0o775, "project")
        #expect(try complaint("project").hasPrefix("project is shared with other users"))
        #expect(try mode("project") == 0o775)
    }

    @Test(
        "that holds what is another user's is refused and left as it is",
        .enabled(if: geteuid() == 0, "only root can make such a folder"))
    func homes() throws {
        try make("home/theirs")
        try setMode(0o755, "home")
        try give("home/theirs", to: 4321)
        #expect(try complaint("home").hasPrefix("home holds what belongs to user 4321 and is left as it is"))
        #expect(try mode("home") == 0o755)
    }

    @Test("of an earlier version is left as it is by one who only reads")
    func readOnly() throws {
        try open("data").close()
        try setMode(0o755, "data")
        try setMode(0o644, "data/sluice.sqlite")
        let store = try SQLiteStore.openForReading(folder: "\(folder.path)/data", schemas: [Self.notes])
        #expect(store.notice == nil)
        #expect(try mode("data") == 0o755 && mode("data/sluice.sqlite") == 0o644)
        try store.close()
    }

    @Test("that holds a file with a second name is refused: it would be a second ledger", arguments: ["data", "copy"])
    func hardLink(opened: String) throws {
        try open("data").close()
        try make("copy")
        try FileManager.default.linkItem(
            atPath: "\(folder.path)/data/sluice.sqlite", toPath: "\(folder.path)/copy/sluice.sqlite")
        #expect(try complaint(opened).hasPrefix("\(opened)/sluice.sqlite has a second name (a hard link), by which"))
        try FileManager.default.removeItem(atPath: "\(folder.path)/copy/sluice.sqlite")
        try open("data").close()
    }

    @Test("that is a link, or holds one, is refused", arguments: ["data", "data/", "data/sluice.sqlite", "data/head"])
    func links(link: String) throws {
        let target = link.hasPrefix("data/") && link != "data/" ? "elsewhere.file" : "elsewhere"
        if target == "elsewhere" {
            try make("elsewhere")
        } else {
            try make("data")
            try Data("kept".utf8).write(to: folder.url.appending(path: target))
        }
        let place = "\(folder.path)/\(link == "data/" ? "data" : link)"
        try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: "\(folder.path)/\(target)")
        let name = link == "data/" ? link : "data"
        #expect(
            try complaint(name)
                == "\(link) is a link; name a folder of your own with --data, or run sluice as its owner")
        if target == "elsewhere" {
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/elsewhere").isEmpty)
        } else {
            #expect(try Data(contentsOf: folder.url.appending(path: target)) == Data("kept".utf8))
        }
    }

    @Test("that is a link to nothing is refused, and nothing is made behind it")
    func danglingLink() throws {
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/data", withDestinationPath: "\(folder.path)/nothing")
        #expect(try complaint("data").hasPrefix("data is a link; "))
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/nothing"))
    }

    @Test("that is a file, or holds what is no file, is refused")
    func kinds() throws {
        try Data().write(to: folder.url.appending(path: "file"))
        #expect(try complaint("file").hasPrefix("file is no folder; "))
        try make("data")
        let made = unsafe mkfifo("\(folder.path)/data/start.lock", 0o600)
        try #require(made == 0)
        #expect(try complaint("data").hasPrefix("data/start.lock is no file; "))
    }

    @Test(
        "of another user, with a file of another's, or below another's folder is refused, by root too",
        .enabled(if: geteuid() == 0, "only root can make such a folder"),
        // The second user is `nobody`, as whom the files of users that a container does not know are shown.
        arguments: ["data", "data/sluice.sqlite", "above"], [4321, 65_534] as [uid_t])
    func strangers(theirs: String, user: uid_t) throws {
        let name = theirs == "above" ? "above/data" : "data"
        try make(name)
        if theirs == "data/sluice.sqlite" { try Data().write(to: folder.url.appending(path: theirs)) }
        try setMode(0o755, name)
        try give(theirs, to: user)
        let complaint = try complaint(name)
        let own = "name a folder of your own with --data, or run sluice as its owner"
        switch theirs {
        case "above":
            #expect(
                complaint
                    == "above/data lies in \(folder.path)/above, which belongs to user \(user); \(own)".replacing(
                        folder.path + "/", with: ""))
        default: #expect(complaint == "\(theirs) belongs to user \(user); \(own)")
        }
        try give(theirs, to: 0)
        #expect(try open(name).notice != nil)
    }
}
