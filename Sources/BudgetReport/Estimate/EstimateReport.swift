package import Documents
package import FoundationEssentials
import Spending

extension Estimate {
    /// The estimate for every format.
    ///
    /// - Parameter now: Today, by which old rates are told.
    /// - Returns: The bill, its variants, the original design's bills and all sources.
    package func document(at now: Date) -> Document {
        let sources = SourceList(bill.lines)
        var notes = [
            "For \(month.title); the task runs \(workload.hours) of them. Amounts are rounded here; csv and json have"
                + " them to the nano-dollar, each line rounded up."
        ]
        if !bill.missing.isEmpty {
            let names = bill.missing.map { line in
                let design = RateName(rawValue: line.item).flatMap { OriginalDesign.rates[$0]?.perUnit }
                return line.title + (design.map { " (the original design counts $\($0))" } ?? "")
            }.joined(separator: ", ")
            notes.append(
                "No source for \(region), and not in the sum: \(names). Give a rate with --rate"
                    + " \(bill.missing.map { "\($0.item)=USD" }.joined(separator: " --rate ")).")
        }
        for line in bill.lines {
            guard let free = line.rate?.free, free > .zero else { continue }
            notes.append("\(line.title): the first \(free) \(line.unit) of a month cost an account nothing.")
        }
        notes += self.notes
        return Document(
            headline: headline,
            sections: [
                Section([.table(billTable(sources))] + notes.map(Section.Block.note)),
                Section(title: "The same task, bought otherwise", [.table(variantTable)]),
                Section(
                    title: "Beside the original design of \(OriginalDesign.containers.count) containers",
                    [.table(comparisonTable)] + original.slips.map(Section.Block.note)),
                Section(title: "Sources", sources.notes(at: now).map(Section.Block.note)),
            ],
            records: records, value: EstimateJSON(self))
    }

    private var headline: String {
        let tasks = workload.tasks == 1 ? "" : "\(workload.tasks) tasks of "
        return "\(bill.missing.isEmpty ? "" : "At least ")\(bill.total.cents) a month: \(tasks)\(workload.size) on"
            + " Fargate \(workload.capacity == .spot ? "Spot" : "on demand"), \(workload.architecture.rawValue), in"
            + " \(region)"
    }

    private func billTable(_ sources: SourceList) -> Table {
        Table(
            columns: [
                Column("title", "Item", importance: .high),
                Column("quantity", "Quantity", isNumeric: true, importance: .high),
                Column("unit", "Unit", importance: .high),
                Column("rate", "Rate", isNumeric: true, importance: .high),
                Column("amount", "Monthly", isNumeric: true, importance: .high),
                Column("as_of", "As of", importance: .high), Column("source", "#", importance: .high),
            ],
            rows: bill.lines.map { line in
                [
                    .text(line.title), .text(line.quantity.rounded), .text(line.unit),
                    line.rate.map { .text("$\($0.perUnit)") } ?? .none, .text(line.amount?.cents ?? "no source"),
                    line.rate?.asOf.map(Cell.text) ?? .none, sources.mark(of: line).map(Cell.text) ?? .none,
                ]
            },
            total: [.text("Total"), .text(""), .text(""), .text(""), .text(bill.total.cents), .text(""), .text("")])
    }

    private var variantTable: Table {
        Table(
            columns: [
                Column("capacity", "Capacity", importance: .high),
                Column("architecture", "Processor", importance: .high),
                Column("fargate", "Fargate", isNumeric: true, importance: .high),
                Column("total", "Monthly", isNumeric: true, importance: .high),
            ],
            rows: variants.map { variant in
                let fargate = variant.bill.fargate
                return [
                    .text(variant.capacity == .spot ? "Spot" : "on demand"), .text(variant.architecture.rawValue),
                    .text(fargate?.cents ?? "no source"),
                    .text(fargate == nil ? "no source" : variant.bill.total.cents),
                ]
            })
    }

    private var comparisonTable: Table {
        let bills = [original.asWritten, original.legalSize, original.inRegion, bill]
        let shown = BillPart.allCases.filter { part in bills.contains { $0.lines.contains { $0.part == part } } }
        return Table(
            columns: [
                Column("part", "Part", importance: .high),
                Column("as_written", "As it stands", isNumeric: true, importance: .high),
                Column("legal_size", "In a legal size", isNumeric: true, importance: .high),
                Column("in_region", "In \(region)", isNumeric: true, importance: .high),
                Column("estimate", "This task", isNumeric: true, importance: .high),
            ],
            rows: shown.map { part in
                [.text(part.rawValue)]
                    + bills.map { bill in
                        let lines = bill.lines.filter { $0.part == part }
                        return lines.isEmpty ? .none : .text(bill.amount(of: part)?.cents ?? "no source")
                    }
            },
            total: [.text("Total")] + bills.map { .text($0.total.cents) })
    }

    /// The lines of all four bills.
    private var records: Table {
        let bills = [
            ("estimate", bill), ("original_as_written", original.asWritten),
            ("original_legal_size", original.legalSize), ("original_in_region", original.inRegion),
        ]
        return Table(
            columns: [
                Column("bill", "Bill"), Column("item", "Item"), Column("title", "Title"),
                Column("quantity", "Quantity", isNumeric: true), Column("unit", "Unit"),
                Column("free_quantity", "Free", isNumeric: true), Column("rate_usd", "Rate", isNumeric: true),
                Column("amount_usd", "Amount", isNumeric: true), Column("as_of", "As of"), Column("source", "Source"),
            ],
            rows: bills.flatMap { name, bill in
                bill.lines.map { line in
                    [
                        .text(name), .text(line.item), .text(line.title), .text(line.quantity.description),
                        .text(line.unit), line.rate.map { .text($0.free.description) } ?? .none,
                        .money(ifKnown: line.rate?.perUnit), .money(ifKnown: line.amount),
                        line.rate?.asOf.map(Cell.text) ?? .none, line.rate.map { .text($0.source) } ?? .none,
                    ]
                }
            })
    }
}

extension Bill {
    /// What vCPU and memory come to; nil where one of them has no source.
    var fargate: Money? {
        guard let cpu = amount(of: .cpu), let memory = amount(of: .memory) else { return nil }
        return cpu.adding(memory)
    }
}

extension Quantity {
    /// With at most two decimals, halves up: `30.42`.
    fileprivate var rounded: String {
        let hundredths = (billionths + 5_000_000) / 10_000_000
        return Billionths.spell(hundredths * 10_000_000, decimalsMin: 0)
    }
}

extension Money {
    /// Rounded to the cent, halves up: `$1,037.15`.
    var cents: String {
        rounded(to: 10_000_000).dollars()
    }
}
