import Foundation

/// Figures in columns.
package enum Table {
    /// The text of a table with a head; all columns but the first are aligned to the right.
    package static func text(_ head: [String], _ rows: [[String]]) -> String {
        let rows = [head] + rows
        let widths = head.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + padding : padding + row[column]
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// A number with so many places.
    package static func decimal(_ value: Double, places: Int) -> String { String(format: "%.\(places)f", value) }

    /// The middle one of some measurements.
    package static func median(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.sorted()[values.count / 2]
    }
}
