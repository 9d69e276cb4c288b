import CivilTime
import FoundationEssentials
import Spending

/// Writes JSON objects of known fields, a line each.
///
/// An encoder takes some hundred microseconds for a journal entry, and a journal has millions of them.
struct JSONLines {
    private(set) var bytes: [UInt8] = []
    /// The names of days by their number since 1970: most instants are of few days.
    private var days: [Int: [UInt8]] = [:]

    private static let hexadecimal = Array("0123456789abcdef".utf8)

    /// Forgets what is written, and keeps its room.
    mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    /// Writes an object and ends the line.
    mutating func line(_ fields: (inout JSONLines) throws -> Void) rethrows {
        try object(fields)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Writes a field of words; nothing for nil.
    mutating func field(_ key: StaticString, _ text: String?) {
        guard let text else { return }
        begin(key)
        write(text)
    }

    /// Writes a field of an amount, as a decimal string.
    mutating func field(_ key: StaticString, _ amount: Money) { field(key, amount.description) }

    /// Writes a field of a whole number; nothing for nil.
    mutating func field(_ key: StaticString, _ number: (some BinaryInteger)?) {
        guard let number else { return }
        begin(key)
        bytes += String(number).utf8
    }

    /// Writes a field of an instant, in UTC with milliseconds, which is all that a ledger keeps.
    mutating func field(_ key: StaticString, _ instant: Date) {
        begin(key)
        let milliseconds = Int((instant.timeIntervalSince1970 * 1000).rounded())
        let day = floorDivide(milliseconds, 86_400_000)
        let time = milliseconds - day * 86_400_000
        bytes.append(UInt8(ascii: "\""))
        bytes += name(ofDay: day)
        for (mark, number, width) in [
            ("T", time / 3_600_000, 2), (":", time / 60_000 % 60, 2), (":", time / 1000 % 60, 2), (".", time % 1000, 3),
        ] as [(Character, Int, Int)] {
            bytes += mark.utf8
            digits(number, width)
        }
        bytes += "Z\"".utf8
    }

    /// Writes a field of objects.
    mutating func field<Element>(
        _ key: StaticString, _ elements: [Element], _ fields: (inout JSONLines, Element) -> Void
    ) {
        begin(key)
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            object { fields(&$0, element) }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func object(_ fields: (inout JSONLines) throws -> Void) rethrows {
        bytes.append(UInt8(ascii: "{"))
        try fields(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func begin(_ key: StaticString) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        bytes += "\":".utf8
    }

    /// Words between quotes, escaped as RFC 8259 (section 7) has it.
    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                bytes += "\\u00".utf8
                bytes += [Self.hexadecimal[Int(byte >> 4)], Self.hexadecimal[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func digits(_ number: Int, _ width: Int) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    private mutating func name(ofDay day: Int) -> [UInt8] {
        if let known = days[day] { return known }
        let name = Date(timeIntervalSince1970: Double(day) * 86_400).formatted(.iso8601.year().month().day())
        days[day] = Array(name.utf8)
        return Array(name.utf8)
    }
}
