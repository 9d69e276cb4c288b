import TestSupport
import Testing

@testable import Ingestion

@Suite("Chunker")
struct ChunkerTests {
    @Test("What fits stays one text, its blocks and lines apart")
    func fits() {
        #expect(Chunker().texts(of: ["One. Two!", "- a\n- b"]) == ["One. Two!\n\n- a\n- b"])
        #expect(Chunker().texts(of: []) == [])
    }

    @Test("Cuts stand between sentences, and the end of a text comes again in the next")
    func overlap() {
        let chunker = Chunker(sizeMax: 24, overlapMax: 10)
        #expect(
            chunker.texts(of: ["First one. Second. Third. Fourth."]) == [
                "First one. Second.", "Second. Third. Fourth.",
            ])
    }

    @Test("Where no sentence of a text fits into the next, its last words come again")
    func words() {
        let chunker = Chunker(sizeMax: 24, overlapMax: 10)
        #expect(
            chunker.texts(of: ["One two three four five. Six seven eight. Nine."]) == [
                "One two three four five.", "five. Six seven eight.", "eight. Nine.",
            ])
        #expect(Chunker(sizeMax: 9, overlapMax: 3).texts(of: ["longword. a b"]) == ["longword.", "a b"])
    }

    @Test("A sentence without an end is cut between words, a word without an end where it must be")
    func long() {
        let chunker = Chunker(sizeMax: 10, overlapMax: 0)
        #expect(chunker.texts(of: ["aaa bbb ccc ddd"]) == ["aaa bbb", "ccc ddd"])
        #expect(chunker.texts(of: ["aaaaaaaaaaaaaaa"]) == ["aaaaaaaaaa", "aaaaa"])
        // A family of five scalars and joiners stays together where it fits.
        #expect(Chunker(sizeMax: 8, overlapMax: 0).texts(of: ["ab👨‍👩‍👧‍👦c"]) == ["ab", "👨‍👩‍👧‍👦c"])
    }

    @Test("Of random texts none is too long, and every word is kept in order", arguments: 0..<40)
    func property(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = ["a", "kettle", "कें", "é", "x.", "why?", "\n", "1)", String(repeating: "long", count: 30)]
        var number = 0
        let blocks = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            (0..<Int.random(in: 1...60, using: &random)).map { _ in
                number += 1
                return "#\(number)_\(alphabet.randomElement(using: &random) ?? "")"
            }.joined(separator: " ")
        }
        let chunker = Chunker(sizeMax: 80, overlapMax: 20)
        let texts = chunker.texts(of: blocks)
        #expect(texts.allSatisfy { (1...80).contains($0.unicodeScalars.count) })
        // Without the repetitions the texts are the blocks.
        var seen = Set<Int>()
        let numbers = texts.joined(separator: " ").split(whereSeparator: \.isWhitespace).compactMap {
            $0.first == "#" ? Int($0.dropFirst().prefix { $0 != "_" }) : nil
        }.filter { seen.insert($0).inserted }
        #expect(numbers == Array(1..<(number + 1)))
    }
}
