import FoundationEssentials
import StrictYAML
import Testing

@Suite("Reading Swift types from YAML")
struct DecodingTests {
    private enum Tone: String, Decodable { case plain, formal }

    private struct Place: Decodable, Equatable {
        var url: URL
        var wait: Duration?
    }

    private struct Letter: Decodable {
        var words: Int
        var share: Double?
        var tone: Tone?
        var isSigned: Bool?
        var names: [String]?
        var places: [String: Place]?
        var small: UInt8?
    }

    private func read(_ text: String) throws -> Letter { try YAMLValue.parse(text, file: "f.yaml").decode(Letter.self) }

    @Test("Each kind of value comes as it is written")
    func values() throws {
        let letter = try read(
            """
            words: 40
            share: 0.25
            tone: formal
            isSigned: true
            names: [Asha, "7"]
            places:
              shop: {url: "http://127.0.0.1:9/a", wait: 250ms}
              home: {url: "http://localhost", wait: ~}
            small: 200
            """)
        #expect(letter.words == 40)
        #expect(letter.share == 0.25)
        #expect(letter.tone == .formal)
        #expect(letter.isSigned == true)
        #expect(letter.names == ["Asha", "7"])
        #expect(letter.places?["shop"]?.wait == .milliseconds(250))
        #expect(letter.places?["home"]?.wait == nil)
        #expect(letter.places?["shop"]?.url.absoluteString == "http://127.0.0.1:9/a")
        #expect(letter.small == 200)
        #expect(try read("words: 1").tone == nil)
    }

    @Test(
        "What cannot be read is named with its line, and so is a key that nobody reads",
        arguments: [
            ("share: 1", "f.yaml:1: the key `words` is missing"),
            ("words: 1\nwrods: 2", "f.yaml:2: unknown key `wrods`; did you mean `words`?"),
            ("words: many", "f.yaml:1: `words`: write a whole number from \(Int.min) to \(Int.max)"),
            ("words: 1.5", "f.yaml:1: `words`: write a whole number from \(Int.min) to \(Int.max)"),
            ("words: 1\nsmall: 256", "f.yaml:2: `small`: write a whole number from 0 to 255"),
            ("words: 1\nshare: nan", "f.yaml:2: `share`: write a number here"),
            ("words: 1\nisSigned: yes", "f.yaml:2: `isSigned`: `yes` is not known; write `true`, `false`"),
            ("words: 1\nnames: Asha", "f.yaml:2: `names`: write a list here, each line starting with `- `"),
            ("words: 1\nplaces:\n  shop: {ulr: a}", "f.yaml:3: `places.shop`: the key `url` is missing"),
            (
                "words: 1\nplaces:\n  shop: {url: a, wiat: 1s}",
                "f.yaml:3: unknown key `places.shop.wiat`; did you mean `wait`?"
            ),
            ("[1]", "f.yaml:1: write `key: value` lines here"),
        ])
    func mistakes(text: String, complaint: String) {
        let problem = #expect(throws: YAMLProblem.self) { _ = try read(text) }
        #expect(problem?.description == complaint)
    }

    @Test("A type's own complaint is said at the line that it is about")
    func ownComplaint() {
        let problem = #expect(throws: YAMLProblem.self) { _ = try read("words: 1\ntone: loud") }
        #expect(problem?.line == 2)
        #expect(problem?.message.hasPrefix("`tone`: ") == true)
    }

    @Test("A type without keys takes none")
    func noKeys() throws {
        struct Nothing: Decodable {
            private enum CodingKeys: CodingKey {}
            init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: CodingKeys.self) }
        }
        let root = try YAMLValue.parse("a: 1", file: "f.yaml")
        let problem = #expect(throws: YAMLProblem.self) { _ = try root.decode(Nothing.self) }
        #expect(problem?.description == "f.yaml:1: unknown key `a`; there are no keys here; leave it out")
        _ = try root.emptyMapping("parameters").decode(Nothing.self)
    }
}
