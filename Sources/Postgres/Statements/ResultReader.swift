import CPostgres
import FoundationEssentials

/// Copies libpq's results into values.
enum ResultReader {
    /// - Throws: ``PostgresError/unexpectedType(column:)`` for a column of a type that values cannot have.
    static func read(_ result: OpaquePointer) throws(PostgresError) -> PostgresResult {
        let columns = unsafe (0..<PQnfields(result)).map { unsafe (number: $0, type: PQftype(result, $0)) }
        let rowCount = unsafe PQntuples(result)
        var rows: [PostgresRow] = []
        rows.reserveCapacity(Int(rowCount))
        for row in 0..<rowCount {
            var values: [PostgresValue] = []
            values.reserveCapacity(columns.count)
            for column in columns {
                guard unsafe PQgetisnull(result, row, column.number) == 0,
                    let start = unsafe PQgetvalue(result, row, column.number)
                else {
                    values.append(.null)
                    continue
                }
                let bytes = unsafe UnsafeRawBufferPointer(
                    start: start, count: Int(PQgetlength(result, row, column.number)))
                guard let value = unsafe value(bytes, of: column.type) else {
                    throw .unexpectedType(column: Int(column.number))
                }
                values.append(value)
            }
            rows.append(PostgresRow(values: values))
        }
        let written = unsafe Int(String(cString: PQcmdTuples(result)))
        return unsafe PostgresResult(
            rows: rows, count: written ?? 0, command: String(cString: PQcmdStatus(result)))
    }

    private static func value(_ bytes: UnsafeRawBufferPointer, of type: Oid) -> PostgresValue? {
        switch type {
        case 16: unsafe bytes.first.map { .bool($0 != 0) }
        case 17: unsafe .bytea(Data(bytes))
        case 20: unsafe integer(bytes, Int64.self).map { .int8($0) }
        case 21: unsafe integer(bytes, Int16.self).map { .int8(Int64($0)) }
        case 23: unsafe integer(bytes, Int32.self).map { .int8(Int64($0)) }
        // name, text, character varying
        case 19, 25, 1043: unsafe .text(String(decoding: bytes, as: UTF8.self))
        case 1184:
            unsafe integer(bytes, Int64.self).map {
                .timestamptz(Date(timeIntervalSince1970: Double($0 + ParameterBuffer.epochMicroseconds) / 1_000_000))
            }
        case 2950:
            bytes.count == MemoryLayout<uuid_t>.size
                ? unsafe .uuid(UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))) : nil
        // What a function gives that gives nothing.
        case 2278: .null
        default: nil
        }
    }

    private static func integer<Number: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ type: Number.Type
    ) -> Number? {
        guard bytes.count == MemoryLayout<Number>.size else { return nil }
        return unsafe Number(bigEndian: bytes.loadUnaligned(as: Number.self))
    }
}
