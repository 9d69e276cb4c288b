import BudgetReport
import Documents
import Foundation
import FunctionKit
import GoldenFiles
import Spending
import Testing

@Suite("The price list's formats")
struct PriceListTests {
    /// Four prices in four states, and a check that finds an error and a warning.
    private var list: PriceList {
        let check = PriceCheck(
            PriceBook(PriceFixture.prices), models: [(function: "llm", model: PriceFixture.model("large"))],
            budgets: [], at: PriceFixture.now)
        return PriceList(PriceFixture.prices, check: check)
    }

    @Test(
        "each format is what it was",
        arguments: [
            (DocumentFormat.table, "prices.txt"), (.json, "prices.json"), (.csv, "prices.csv"),
            (.markdown, "prices.md"),
        ])
    func formats(format: DocumentFormat, file: String) throws {
        let document = list.document(at: PriceFixture.now)
        try GoldenFile.expect(document.rendered(as: format), equals: file)
    }

    @Test("a list without a check has no findings, and one price is one price")
    func unchecked() throws {
        let list = PriceList([PriceFixture.price("large", from: "2026-01-01")], check: nil)
        let document = list.document(at: PriceFixture.now)
        #expect(document.headline == "1 price of 1 model")
        #expect(!String(decoding: try document.rendered(as: .json), as: UTF8.self).contains("findings"))
    }
}
