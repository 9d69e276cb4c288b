package import Spending

/// A picture of amounts, with the numbers that it is made of.
package struct Chart: Sendable {
    /// How amounts are drawn.
    package enum Kind: Sendable, Hashable {
        /// A column for each label, from left to right, as for days.
        case columns
        /// A bar for each label, one below the other, as for models.
        case bars
        /// A line through all labels, as for a sum that grows.
        case lines
    }

    /// What amounts mean, which decides how they look.
    package enum Role: Sendable, Hashable {
        /// Money that is gone.
        case spent
        /// Money set aside for calls under way; stands on top of what is spent, and apart from it.
        case held
        /// What may be spent.
        case limit
        /// What is expected.
        case forecast
        /// The lower end of what is expected.
        case low
        /// The upper end of what is expected.
        case high
    }

    /// One row of amounts.
    package struct Series: Sendable, Hashable {
        /// Its name in the legend and in the table.
        package var name: String
        /// What it means.
        package var role: Role
        /// An amount for each label; nil where there is none.
        package var amounts: [Money?]

        /// Makes a series.
        package init(_ name: String, role: Role, amounts: [Money?]) {
            self.name = name
            self.role = role
            self.amounts = amounts
        }
    }

    /// Its title.
    package var title: String
    /// What it shows, in one sentence for those who do not see it.
    package var summary: String
    /// How it is drawn.
    package var kind: Kind
    /// What the labels are, as the head of their column.
    package var axis: String
    /// The labels, in order.
    package var labels: [String]
    /// The amounts.
    package var series: [Series]
    /// What must be known to read it; nil where it says all itself.
    package var note: String?

    /// Makes a chart.
    ///
    /// - Precondition: Each series has an amount, or nil, for each label.
    package init(
        title: String, summary: String, kind: Kind, axis: String, labels: [String], series: [Series],
        note: String? = nil
    ) {
        precondition(series.allSatisfy { $0.amounts.count == labels.count }, "a series has an amount for each label")
        self.title = title
        self.summary = summary
        self.kind = kind
        self.axis = axis
        self.labels = labels
        self.series = series
        self.note = note
    }

    /// The numbers behind it.
    package var table: Table {
        Table(
            columns: [Column("label", axis)] + series.map { Column($0.name, $0.name, isNumeric: true) },
            rows: labels.indices.map { index in
                [.text(labels[index])] + series.map { .money(ifKnown: $0.amounts[index]) }
            })
    }
}
