package import FoundationEssentials

/// The instant that an HTTP header names, as in `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// This is the `IMF-fixdate` of RFC 9110, section 5.6.7: the one form that may still be written. It is read as strictly as
/// ``instant(_:)``; libcurl's reader takes February 31 for March 3, a day alone for its midnight, and 20260230 for a day.
///
/// - Parameter text: What is read.
/// - Returns: The instant, in whole seconds; nil for a day or a time that does not exist, for a weekday that is another, and
///   for any other way to write it.
package func httpDate(_ text: String) -> Date? {
    let fields = text.split(separator: " ", omittingEmptySubsequences: false)
    guard fields.count == 6, fields[5] == "GMT", let month = months.firstIndex(where: { $0 == fields[2] }) else {
        return nil
    }
    let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
    let date = "\(fields[3])-\(number)-\(fields[1])"
    // A header has no part of a second.
    guard let day = CivilDay(date), fields[0] == "\(weekday(of: day)),", fields[4].utf8.count == 8 else { return nil }
    return instant("\(date)T\(fields[4])Z")
}

private let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

private func weekday(of day: CivilDay) -> String {
    // 1970-01-01 was a Thursday.
    let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    return names[day.number - floorDivide(day.number, 7) * 7]
}
