import FunctionKit
import FunctionTesting
import Retrieval
import Testing

@Suite("EmbeddedIndex", .timeLimit(.minutes(1)))
struct EmbeddedIndexTests {
    private static let notes = [
        note("refund", "Getting money back", "The seller refunded the price of a faulty kettle within ten days."),
        note("delivery", "Late delivery", "A parcel that comes late may be refused by the buyer."),
        note("kettle", "Kettle", "Boil water before use. Keep the bill."),
        note("fees", "Fees", "A complaint of up to five lakh rupees is free of fees. The kettle is not named."),
        note("hindi", "उपभोक्ता अधिकार", "दोषपूर्ण वस्तु की शिकायत ज़िला आयोग में की जा सकती है।"),
        note("hindi-2", "वापसी", "विक्रेता को राशि लौटानी होगी।"),
        note("cafe", "Café bills", "A restaurant may not add a service charge by default."),
    ]

    private static func note(_ id: String, _ heading: String, _ text: String) -> Passage {
        Passage(id: id, heading: heading, text: text, score: 0)
    }

    private func search(_ query: String, limit: Int = 10) async throws -> [String] {
        try await EmbeddedIndex(passages: Self.notes).search(query, limit: limit, context: .testing()).map(\.id)
    }

    @Test("Gives back the passages as they were, with falling scores above zero")
    func passages() async throws {
        let found = try await EmbeddedIndex(passages: Self.notes).search(
            "late parcel fees", limit: 10, context: .testing())
        #expect(found.map(\.id) == ["delivery", "fees"])
        #expect(found.allSatisfy { $0.score > 0 })
        #expect(found[0].score >= found[1].score)
        for var passage in found {
            passage.score = 0
            #expect(Self.notes.contains(passage))
        }
    }

    @Test(
        "Finds other forms of a word",
        arguments: [
            ("refunds", "refund"), ("refunding", "refund"), ("REFUND", "refund"), ("deliveries", "delivery"),
            ("cafe", "cafe"), ("CAFÉ", "cafe"), ("cafe\u{301}", "cafe"),
        ])
    func stemming(query: String, id: String) async throws {
        #expect(try await search(query).first == id)
    }

    @Test("A word in the heading counts more than one in the text")
    func headingWeight() async throws {
        // The two differ only in where the word stands.
        let index = try await EmbeddedIndex(passages: [
            Self.note("a-in-text", "Rules", "ticket"), Self.note("b-in-heading", "ticket", "Rules"),
            Self.note("c", "Other", "things"), Self.note("d", "More", "things"), Self.note("e", "Still", "more"),
        ])
        #expect(
            try await index.search("ticket", limit: 5, context: .testing()).map(\.id) == ["b-in-heading", "a-in-text"])
    }

    @Test("The rarer word decides")
    func rareWord() async throws {
        #expect(try await search("kettle parcel").first == "delivery")
    }

    @Test(
        "All characters are ordinary text",
        arguments: [
            "\"kettle", "kettle\"\"", "kettle*", "(kettle", "kettle)", "body:kettle", "heading : kettle", "^kettle",
            "NEAR(kettle", "kettle AND", "AND kettle", "NOT kettle", "- kettle", "kettle -bill", "+kettle", "{kettle}",
            "kettle OR", "kettle; DROP TABLE passages", "'kettle'", "kettle\u{0}", "kettle\\", "%kettle_", "?1 kettle",
        ])
    func noSyntax(query: String) async throws {
        #expect(try await search(query).contains("kettle"))
    }

    @Test("Names of columns and operators are searched like words")
    func operatorsAreWords() async throws {
        let index = try await EmbeddedIndex(passages: [Self.note("near", "Shops near you", "Open all day.")])
        #expect(try await index.search("NEAR", limit: 1, context: .testing()).map(\.id) == ["near"])
        #expect(try await index.search("id heading body", limit: 1, context: .testing()).isEmpty)
    }

    @Test("Devanagari words stay whole")
    func devanagari() async throws {
        #expect(try await search("शिकायत कहाँ करें?") == ["hindi"])
        #expect(try await search("राशि") == ["hindi-2"])
        // The consonants of a word without its vowel signs are another word.
        #expect(try await search("रश") == [])
    }

    @Test(
        "Finds nothing without a search term",
        arguments: ["", "   ", "?!…", "what is the", "[PHONE_1] [NAME_2]", "🙂🛒", "\"", "*", "\u{0}"])
    func noTerm(query: String) async throws {
        #expect(try await search(query) == [])
    }

    @Test("Placeholders are no search terms")
    func placeholders() async throws {
        let index = try await EmbeddedIndex(passages: [
            Self.note("phone", "Phone", "A phone and its name."), Self.note("kettle", "Kettle", "A kettle."),
        ])
        #expect(
            try await index.search("[NAME_1] at [PHONE_12] sold a kettle", limit: 9, context: .testing()).map(\.id) == [
                "kettle"
            ])
        #expect(try await index.search("[my phone]", limit: 9, context: .testing()).map(\.id) == ["phone"])
    }

    @Test("Letters that SQLite's tables may not know do no harm")
    func unknownLetters() async throws {
        #expect(try await search("\u{1E900}\u{1E901} \u{E000} kettle").contains("kettle"))
    }

    @Test("Keeps to the limit", arguments: [-1, 0, 1, 2])
    func limit(limit: Int) async throws {
        #expect(try await search("kettle", limit: limit).count == max(0, limit))
    }

    @Test("Equal passages are ordered by id, whatever order they came in")
    func determinism() async throws {
        let same = ["m", "a", "z", "b"].map { Self.note($0, "Kettle", "A kettle.") }
        for passages in [same, same.reversed()] {
            let index = try await EmbeddedIndex(passages: passages + Self.notes)
            #expect(try await index.search("kettle", limit: 4, context: .testing()).map(\.id) == ["a", "b", "m", "z"])
        }
    }

    @Test("A question of 20,000 words searches its first different ones")
    func longQuestion() async throws {
        let words = (0..<20_000).map { "w\($0)" }
        #expect(try await search((["kettle"] + words).joined(separator: " ")).contains("kettle"))
        #expect(try await search((words + ["kettle"]).joined(separator: " ")) == [])
        // A word that comes again costs nothing.
        let repeated = Array(repeating: "parcel", count: 20_000) + ["kettle"]
        #expect(try await Set(search(repeated.joined(separator: " "))).isSuperset(of: ["delivery", "kettle"]))
    }

    @Test("Searches at the same time give what they give alone")
    func concurrency() async throws {
        let index = try await EmbeddedIndex(passages: Self.notes)
        let queries = ["kettle", "late parcel", "fees", "राशि", "refund"]
        var alone: [String: [Passage]] = [:]
        for query in queries { alone[query] = try await index.search(query, limit: 3, context: .testing()) }
        let results = try await withThrowingTaskGroup(of: (String, [Passage]).self) { group in
            for number in 0..<200 {
                let query = queries[number % queries.count]
                group.addTask { (query, try await index.search(query, limit: 3, context: .testing())) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count == 200)
        #expect(results.allSatisfy { alone[$0.0] == $0.1 })
    }

    @Test("Two passages with one id are refused")
    func duplicateID() async throws {
        await #expect(throws: EmbeddedIndexError.duplicateID("kettle")) {
            _ = try await EmbeddedIndex(passages: Self.notes + [Self.note("kettle", "Again", "Again.")])
        }
    }

    @Test("An index without passages finds nothing")
    func empty() async throws {
        #expect(try await EmbeddedIndex(passages: []).search("kettle", limit: 3, context: .testing()).isEmpty)
    }
}
