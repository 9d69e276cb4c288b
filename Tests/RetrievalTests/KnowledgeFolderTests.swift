import Foundation
import FunctionKit
import Retrieval
import Testing

@Suite("KnowledgeFolder")
struct KnowledgeFolderTests {
    @Test("Reads notes in the order of their names")
    func notes() throws {
        try withFolder([
            "b-late.md": "# Late delivery\n\nRefuse it.\n\nOr wait.\n",
            "a-faulty.md": "\u{FEFF}#  Faulty goods \r\nReturn it.\r\nKeep the bill.\r\n",
            "readme.txt": "no note", ".hidden.md": "no note",
        ]) { folder in
            let passages = try KnowledgeFolder.load(folder)
            #expect(
                passages == [
                    Passage(id: "a-faulty", heading: "Faulty goods", text: "Return it.\nKeep the bill.", score: 0),
                    Passage(id: "b-late", heading: "Late delivery", text: "Refuse it.\n\nOr wait.", score: 0),
                ])
        }
    }

    @Test(
        "Says which line of which file is no note",
        arguments: [
            ("Late delivery\n\nRefuse it.", KnowledgeError.noHeading(file: "a.md", line: 1)),
            ("\n# Late delivery\n\nRefuse it.", .noHeading(file: "a.md", line: 1)),
            ("## Late delivery\n\nRefuse it.", .noHeading(file: "a.md", line: 1)),
            ("#  \nRefuse it.", .noHeading(file: "a.md", line: 1)),
            ("", .noHeading(file: "a.md", line: 1)),
            ("# Late delivery", .emptyText(file: "a.md", line: 2)),
            ("# Late delivery\n\n  \n", .emptyText(file: "a.md", line: 2)),
        ])
    func broken(content: String, error: KnowledgeError) throws {
        try withFolder(["a.md": content]) { folder in
            #expect(throws: error.within(folder)) { try KnowledgeFolder.load(folder) }
        }
    }

    @Test("Names the line that is not UTF-8")
    func invalidUTF8() throws {
        try withFolder([:]) { folder in
            let bytes = Data("# Late\n\nRefuse \u{905}it.\nOr ".utf8) + [0xE0, 0xA4] + Data("\nEnd".utf8)
            try bytes.write(to: URL(fileURLWithPath: "\(folder)/a.md"))
            #expect(throws: KnowledgeError.notUTF8(file: "\(folder)/a.md", line: 4)) {
                try KnowledgeFolder.load(folder)
            }
        }
    }

    @Test("Two notes may not have one heading")
    func duplicateHeading() throws {
        try withFolder(["a.md": "# Late\nx", "b.md": "# LATE \ny"]) { folder in
            #expect(
                throws: KnowledgeError.duplicateHeading(file: "\(folder)/b.md", line: 1, other: "\(folder)/a.md")
            ) { try KnowledgeFolder.load(folder) }
        }
    }

    @Test("A folder without notes, and no folder, are errors")
    func nothing() throws {
        try withFolder(["a.txt": "x"]) { folder in
            #expect(throws: KnowledgeError.noNotes(folder: folder)) { try KnowledgeFolder.load(folder) }
            for missing in ["\(folder)/none", "\(folder)/a.txt"] {
                #expect(throws: KnowledgeError.folderMissing(folder: missing)) { try KnowledgeFolder.load(missing) }
            }
        }
    }

    @Test("Follows a link to a note, and neither loops nor subfolders")
    func links() throws {
        try withFolder(["a.txt": "# Linked\nText."]) { folder in
            let files = FileManager.default
            try files.createSymbolicLink(atPath: "\(folder)/linked.md", withDestinationPath: "a.txt")
            try files.createSymbolicLink(atPath: "\(folder)/self.d.md", withDestinationPath: ".")
            try files.createDirectory(atPath: "\(folder)/sub.md", withIntermediateDirectories: false)
            #expect(try KnowledgeFolder.load(folder).map(\.id) == ["linked"])
            try files.createSymbolicLink(atPath: "\(folder)/loop.md", withDestinationPath: "loop.md")
            #expect(throws: KnowledgeError.unreadable(file: "\(folder)/loop.md")) { try KnowledgeFolder.load(folder) }
        }
    }

    @Test("Tells a person where, what and what to do")
    func description() {
        #expect(
            KnowledgeError.noHeading(file: "notes/a.md", line: 1).description
                == "notes/a.md:1: the first line is no heading; begin it with \"# \"")
    }

    private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer {
            // What is left in the folder of temporary files harms no other test.
            try? FileManager.default.removeItem(at: folder)
        }
        for (name, content) in files { try Data(content.utf8).write(to: folder.appendingPathComponent(name)) }
        try body(folder.path)
    }
}

extension KnowledgeError {
    fileprivate func within(_ folder: String) -> KnowledgeError {
        switch self {
        case .noHeading(let file, let line): .noHeading(file: "\(folder)/\(file)", line: line)
        case .emptyText(let file, let line): .emptyText(file: "\(folder)/\(file)", line: line)
        default: self
        }
    }
}
