import FoundationEssentials

/// The members of a JSON object as they stand in its bytes, so that what is passed on keeps every digit.
struct JSONMembers {
    /// The members by their names; of a name that stands twice the first.
    private(set) var members: [String: Data] = [:]

    /// Finds the members of an object that a decoder has read before; nil for another value.
    init?(_ json: Data) {
        var scan = JSONScan(bytes: Array(json))
        guard scan.take(UInt8(ascii: "{")) else { return nil }
        guard !scan.take(UInt8(ascii: "}")) else { return }
        repeat {
            guard let name = scan.takeValue(), scan.take(UInt8(ascii: ":")), let value = scan.takeValue(),
                let text = try? JSONDecoder().decode(String.self, from: Data(name))
            else { return nil }
            if members[text] == nil { members[text] = Data(name) + [UInt8(ascii: ":")] + value }
        } while scan.take(UInt8(ascii: ","))
        guard scan.take(UInt8(ascii: "}")) else { return nil }
    }

    /// Takes the members of another object whose names are none of these, nor of the given ones.
    mutating func take(_ others: JSONMembers, but names: Set<String>) {
        for (name, member) in others.members where members[name] == nil && !names.contains(name) {
            members[name] = member
        }
    }

    /// The object, its members in the order of their names.
    var json: Data {
        var json = Data("{".utf8)
        for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            json.append(member.value)
        }
        json.append(UInt8(ascii: "}"))
        return json
    }
}

/// Goes through the bytes of valid JSON.
private struct JSONScan {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    /// Goes behind a sign, where that is what comes next.
    mutating func take(_ sign: UInt8) -> Bool {
        skipSpace()
        guard next == sign else { return false }
        position += 1
        return true
    }

    /// The bytes of the next value; nil at the end.
    mutating func takeValue() -> ArraySlice<UInt8>? {
        skipSpace()
        let start = position
        var depth = 0
        repeat {
            switch next {
            case nil: return nil
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: skipWord()
            }
        } while depth > 0
        return start < position ? bytes[start..<position] : nil
    }

    private mutating func skipString() {
        position += 1
        while let byte = next, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
        position += 1
    }

    /// A number, or one of `true`, `false` and `null`.
    private mutating func skipWord() {
        while let byte = next, !",:]}".utf8.contains(byte), ![0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }
}
