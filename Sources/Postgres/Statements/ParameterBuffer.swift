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

    /// The object identifiers of types: <https://www.postgresql.org/docs/13/catalog-pg-type.html>.
    private static func type(of value: PostgresValue) -> Oid {
        switch value {
        // The server infers it.
        case .null: 0
        case .bool: 16
        case .int8: elementType.int8
        case .text: elementType.text
        case .bytea: elementType.bytea
        case .timestamptz: 1184
        case .uuid: elementType.uuid
        case .int8s: 1016
        case .texts: 1009
        case .byteas: 1001
        case .uuids: 2951
        }
    }

    private static let elementType = (bytea: Oid(17), int8: Oid(20), text: Oid(25), uuid: Oid(2950))

    private mutating func append(_ value: PostgresValue) {
        switch value {
        case .null: break
        case .bool(let bool): bytes.append(bool ? 1 : 0)
        case .int8(let number): append(number)
        case .text(let text): bytes.append(contentsOf: text.utf8)
        case .bytea(let data): bytes.append(contentsOf: data)
        case .timestamptz(let date):
            append(Int64((date.timeIntervalSince1970 * 1_000_000).rounded()) - Self.epochMicroseconds)
        case .uuid(let uuid): append(uuid)
        case .int8s(let numbers): append(numbers, of: Self.elementType.int8, size: 8) { $0.append($1) }
        case .texts(let texts):
            append(texts, of: Self.elementType.text, size: 40) { $0.bytes.append(contentsOf: $1.utf8) }
        case .byteas(let datas): append(datas, of: Self.elementType.bytea, size: 0) { $0.bytes.append(contentsOf: $1) }
        case .uuids(let uuids): append(uuids, of: Self.elementType.uuid, size: 16) { $0.append($1) }
        }
    }

    /// Dimensions, whether there are nulls, type; length and lower bound of the dimension; then each with its length.
    ///
    /// An element has about `size` bytes.
    private mutating func append<Element>(
        _ elements: [Element?], of type: Oid, size: Int, _ append: (inout ParameterBuffer, Element) -> Void
    ) {
        self.append(Int32(elements.isEmpty ? 0 : 1))
        self.append(Int32(1))
        self.append(type)
        guard !elements.isEmpty else { return }
        self.append(Int32(elements.count))
        self.append(Int32(1))
        bytes.reserveCapacity(bytes.count + elements.count * (size + 4))
        for element in elements {
            guard let element else {
                self.append(Int32(-1))
                continue
            }
            let place = bytes.count
            self.append(Int32(0))
            append(&self, element)
            let length = UInt32(bytes.count - place - 4)
            bytes[place] = UInt8(truncatingIfNeeded: length >> 24)
            bytes[place + 1] = UInt8(truncatingIfNeeded: length >> 16)
            bytes[place + 2] = UInt8(truncatingIfNeeded: length >> 8)
            bytes[place + 3] = UInt8(truncatingIfNeeded: length)
        }
    }

    private mutating func append(_ uuid: UUID) {
        unsafe withUnsafeBytes(of: uuid.uuid) { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: number.bigEndian) { unsafe bytes.append(contentsOf: $0) }
    }
}
