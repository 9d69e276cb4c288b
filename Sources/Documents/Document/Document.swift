package import FoundationEssentials

/// What a report says, before any format.
///
/// Every format is made of the same document, so that no two of them can disagree.
package struct Document: Sendable {
    /// The one sentence that matters most, without a full stop.
    package var headline: String
    /// What follows, in the order in which people read it.
    package var sections: [Section]
    /// The rows that `csv` writes.
    package var records: Table
    /// What `json` writes; its keys are stable.
    package var value: any Encodable & Sendable
    /// The zone in which people read instants; programs read UTC.
    package var timeZone: TimeZone

    /// Makes a document.
    package init(
        headline: String, sections: [Section], records: Table, value: any Encodable & Sendable,
        timeZone: TimeZone = .gmt
    ) {
        self.headline = headline
        self.sections = sections
        self.records = records
        self.value = value
        self.timeZone = timeZone
    }
}
