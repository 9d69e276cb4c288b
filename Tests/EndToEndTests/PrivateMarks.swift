import Foundation
import Testing

/// Personal data that a test plants in questions, and looks for wherever it must not be.
struct PrivateMarks {
    /// A host that no other text names.
    private static let mailHost = Data("kestrel-post.example".utf8)
    /// The first digits of all planted numbers, and how many follow.
    private static let phone = (start: Data("98450".utf8), digits: 5)

    private let count: Int

    /// Marks for so many questions, at most 40,000.
    init(count: Int) { self.count = count }

    /// A question with the personal data of its asker.
    func plant(in question: String, number: Int) -> String {
        "\(question)\nCall me on 98450\(50_000 + number) or write to asker\(number)@kestrel-post.example"
    }

    /// Whether bytes hold any planted mark.
    func areIn(_ data: Data) -> Bool {
        if data.range(of: Self.mailHost) != nil { return true }
        var rest = data[...]
        while let found = rest.range(of: Self.phone.start) {
            let tail = String(decoding: rest[found.upperBound...].prefix(Self.phone.digits), as: UTF8.self)
            if let number = Int(tail), (50_000..<50_000 + count).contains(number) { return true }
            rest = rest[found.upperBound...]
        }
        return false
    }

    /// Records an issue for each file of a folder that holds a mark; gives all files' bytes that hold a placeholder.
    func check(folder: URL) throws -> Int {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        var redacted = 0
        for case let file as URL in files?.allObjects ?? [] where !file.hasDirectoryPath {
            // A server that runs removes files meanwhile.
            guard let data = try? Data(contentsOf: file) else { continue }
            #expect(!areIn(data), "personal data in \(file.lastPathComponent)")
            if data.range(of: Data("[PHONE_1]".utf8)) != nil { redacted += 1 }
        }
        return redacted
    }
}
