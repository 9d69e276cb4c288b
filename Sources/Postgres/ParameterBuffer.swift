import CPostgres
import FoundationEssentials

/// The values of one statement in PostgreSQL's binary form, as libpq wants them:
/// <https://www.postgresql.org/docs/13/protocol-overview.html#PROTOCOL-FORMAT-CODES>.
struct ParameterBuffer {
    private var bytes: [UInt8] = []
    /// Where each value begins; nil for null.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private(set) var types: [Oid] = []

    /// Microseconds from 1970 to PostgreSQL's own epoch, 2000-01-01 in UTC.
    static let epochMicroseconds: Int64 = 946_684_800_000_000

    init(_ values: [PostgresValue]) {
        for value in values {
            let start = bytes.count
            types.append(Self.type(of: value))
            if case .null = value {
                offsets.append(nil)
                lengths.append(0)
                continue
            }
            append(value)
            offsets.append(start)
            lengths.append(Int32(bytes.count - start))
        }
    }

    /// Calls libpq with pointers that live as long as the call.
    func withPointers(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Int32
    ) -> Int32 {
        let formats = [Int32](repeating: 1, count: offsets.count)
        return unsafe bytes.withUnsafeBytes { bytes in
            let base = unsafe bytes.bindMemory(to: CChar.self).baseAddress
            // A value without bytes needs a pointer all the same: none means null.
            return unsafe withUnsafePointer(to: CChar(0)) { empty in
                let pointers = unsafe offsets.map { offset in
                    unsafe offset.map { offset in unsafe base.map { unsafe $0 + offset } ?? empty }
                }
                return unsafe body(Int32(pointers.count), pointers, lengths, formats)
            }
        }
    }

    private static func type(of value: PostgresValue) -> Oid {
        switch value {
        // The server infers it.
        case .null: 0
        case .bool: PostgresType.bool.rawValue
        case .int8: PostgresType.int8.rawValue
        case .text: PostgresType.text.rawValue
        case .bytea: PostgresType.bytea.rawValue
        case .timestamptz: PostgresType.timestamptz.rawValue
        case .array(let type, _): type.arrayOID
        }
    }

    private mutating func append(_ value: PostgresValue) {
        switch value {
        case .null: break
        case .bool(let bool): bytes.append(bool ? 1 : 0)
        case .int8(let number): append(number)
        case .text(let text): bytes.append(contentsOf: text.utf8)
        case .bytea(let data): bytes.append(contentsOf: data)
        case .timestamptz(let date):
            append(Int64((date.timeIntervalSince1970 * 1_000_000).rounded()) - Self.epochMicroseconds)
        case .array(let type, let elements): append(elements, of: type)
        }
    }

    /// Dimensions, whether there are nulls, type; length and lower bound of the dimension; then each with its length.
    private mutating func append(_ elements: [PostgresValue], of type: PostgresType) {
        append(Int32(elements.isEmpty ? 0 : 1))
        append(Int32(elements.contains(.null) ? 1 : 0))
        append(type.rawValue)
        guard !elements.isEmpty else { return }
        append(Int32(elements.count))
        append(Int32(1))
        bytes.reserveCapacity(bytes.count + elements.count * 12)
        for element in elements {
            switch element {
            case .null: append(Int32(-1))
            case .int8(let number):
                append(Int32(8))
                append(number)
            default:
                let place = bytes.count
                append(Int32(0))
                append(element)
                let length = UInt32(bytes.count - place - 4)
                for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
            }
        }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: number.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }
}
