import BudgetReport
import Documents
import Foundation
import GoldenFiles
import StrictYAML
import Testing

@Suite("The estimate's formats")
struct EstimateGoldenTests {
    /// The bill whose figures `EstimateTests.byHand` works out, and the original design's beside it.
    private func document() throws -> Document {
        try EstimateFixture.estimate().document(at: EstimateFixture.now)
    }

    @Test(
        "each format is what it was",
        arguments: [
            (DocumentFormat.table, "estimate.txt"), (.json, "estimate.json"), (.csv, "estimate.csv"),
            (.markdown, "estimate.md"), (.html, "estimate.html"),
        ])
    func formats(format: DocumentFormat, file: String) throws {
        try GoldenFile.expect(document().rendered(as: format), equals: file)
    }

    @Test("the page for a browser has every line, amount and source")
    func html() throws {
        let document = try document()
        let page = String(decoding: try document.rendered(as: .html), as: UTF8.self)
        for text in [
            "Spot vCPU, x86", "$8.86", "2026-09-11", "no source", "$32.17", "$43.38", "a &quot;quoted&quot;, page",
            "it prints $38, $37 and $36.50",
        ] {
            #expect(page.contains(text) || page.contains(text.replacing("&quot;", with: "\"")), "\(text)")
        }
    }

    @Test("the table fits 80 columns")
    func width() throws {
        let text = String(decoding: try document().rendered(as: .table), as: UTF8.self)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(!text.contains("…") && !text.contains("Left out"))
    }
}
