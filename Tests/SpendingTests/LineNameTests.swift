import Spending
import Testing

@Suite("The name that a ledger counts under")
struct LineNameTests {
    @Test(
        "is read as it was written, by bytes",
        arguments: [
            ("daily", "daily", nil), ("daily/acme", "daily", "acme"), ("daily/a/b", "daily", "a/b"),
            ("daily/", "daily", ""),
            // This joins the slash to one character.
            ("daily/\u{301}x", "daily", "\u{301}x"),
        ] as [(String, String, String?)])
    func reading(_ text: String, _ budget: String, _ tenant: String?) {
        let name = BudgetLine.Name(text)
        #expect(name.budget == budget && name.tenant == tenant)
        #expect(name == BudgetLine.Name(budget: budget, tenant: tenant))
        #expect(Array(name.description.utf8) == Array(text.utf8))
    }

    @Test("is another one where it looks the same and is written with other characters")
    func alike() {
        let names = ["caf\u{e9}", "cafe\u{301}"].map { BudgetLine.Name(budget: "daily", tenant: $0) }
        #expect(names[0] != names[1] && Set(names).count == 2)
        #expect(BudgetLine.Name("daily") != BudgetLine.Name("daily/"))
    }
}
