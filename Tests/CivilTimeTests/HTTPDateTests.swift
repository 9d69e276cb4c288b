import CivilTime
import Foundation
import Testing

@Suite("Dates in HTTP headers")
struct HTTPDateTests {
    @Test(
        "are read as they are written",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Mon, 30 Nov 2026 00:00:00 GMT", "2026-11-30T00:00:00Z"),
            ("Thu, 29 Feb 2024 23:59:59 GMT", "2024-02-29T23:59:59Z"),
            ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            ("Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59Z"),
        ])
    func right(text: String, expected: String) { #expect(httpDate(text) == instant(expected)) }

    @Test(
        "are nothing where they do not exist or are written otherwise",
        arguments: [
            "Tue, 31 Feb 2026 10:00:00 GMT", "20260230", "Mon, 30 Nov 2026", "Mon, 30 Nov 2026 24:00:00 GMT",
            "Mon, 30 Nov 2026 10:60:00 GMT", "Mon, 30 Nov 2026 10:00:60 GMT", "Tue, 30 Nov 2026 10:00:00 GMT",
            "Mon, 30 Nov 2026 10:00:00", "Mon, 30 Nov 2026 10:00:00 UTC", "Mon, 30 Nov 2026 10:00:00 +0000",
            "Mon, 30 nov 2026 10:00:00 GMT", "Mon, 3 Nov 2026 10:00:00 GMT", "Mon, 30 Nov 2026 10:00:00.5 GMT",
            " Mon, 30 Nov 2026 10:00:00 GMT", "Monday, 30-Nov-26 10:00:00 GMT", "Mon Nov 30 10:00:00 2026", "",
        ])
    func wrong(text: String) { #expect(httpDate(text) == nil) }
}
