import Foundation
import FunctionKit
import FunctionTesting
import Retrieval
import SharedData
import Testing

@Suite("Bundled notes against the law's text", .enabled(if: SharedData.isPresent))
struct BundledNotesSharedDataTests {
    private struct Unit: Decodable {
        let section: String?
        let clause: String?
        let id: String
    }

    @Test("every section and rule that a note names exists")
    func sections() throws {
        let act = try SharedData.records("kb/cpa2019-units.jsonl", as: Unit.self)
        let rules = try SharedData.records("kb/ecommerce-rules-2020-units.jsonl", as: Unit.self)
        let sections = Set(act.map { $0.id.replacing("cpa2019/s", with: "") } + act.compactMap(\.section))
        let ecommerce = Set(rules.map { $0.id.replacing("ecom2020/r", with: "") })
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "functions/rag-core/knowledge").path
        var named = 0
        for note in try KnowledgeFolder.load(folder) {
            let law = try #require(note.text.split(separator: "\n").last)
            for source in law.split(separator: ";") {
                for match in source.matches(of: /section (\d+(?:\(\d+\))?)/) {
                    #expect(sections.contains(String(match.1)), "\(note.id): section \(match.1)")
                    named += 1
                }
                guard source.contains("E-Commerce") else { continue }
                for match in source.matches(of: /rule (\d+)/) {
                    #expect(ecommerce.contains(String(match.1)), "\(note.id): rule \(match.1)")
                    named += 1
                }
            }
        }
        #expect(named > 100)
    }
}
