import Foundation
import FunctionKit
import FunctionTesting
import Retrieval
import Testing

@Suite("The bundled notes", .timeLimit(.minutes(1)))
struct BundledNotesTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "functions/rag-core/knowledge").path

    @Test("are at least thirty, short, and each names the law that it rests on")
    func law() throws {
        let notes = try KnowledgeFolder.load(Self.folder)
        #expect(notes.count >= 30)
        for note in notes {
            let lines = note.text.split(separator: "\n")
            #expect(lines.last?.contains(/^Law: .*(section|rule|Rules)/) == true, "\(note.id)")
            let words = lines.dropLast().joined(separator: " ").split(separator: " ").count
            #expect((40...250).contains(words), "\(note.id) has \(words) words")
        }
    }

    @Test(
        "are found by those who need them",
        arguments: [
            (
                "The shop refuses to replace my faulty washing machine under warranty. What can I do?",
                ["shop-refuses-warranty", "defective-goods", "which-commission"]
            ),
            ("How many days do I have to appeal against the district commission?", ["appeal-to-state-commission"]),
            ("Is there a fee to file a complaint?", ["complaint-fee"]),
            ("I missed the two year limit, can I still file?", ["time-limit"]),
            ("An actor endorsed a false advertisement", ["celebrity-endorsement"]),
        ])
    func found(question: String, ids: [String]) async throws {
        let index = try await EmbeddedIndex(passages: KnowledgeFolder.load(Self.folder))
        let found = Set(try await index.search(question, limit: 4, context: .testing()).map(\.id))
        #expect(found.isSuperset(of: ids), "\(found)")
    }
}
