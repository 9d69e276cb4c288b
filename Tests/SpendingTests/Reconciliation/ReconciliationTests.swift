import Foundation
import FunctionKit
import Spending
import Testing

@Suite("The comparison of journal and log")
struct ReconciliationTests {
    typealias Course = JournalBuilder.Course
    typealias Kind = ReconciliationDifference.Kind

    static let usage = TokenUsage(inputTokens: 100, outputTokens: 10)
    static let other = TokenUsage(inputTokens: 100, outputTokens: 12)
    static let cost = JournalBuilder.cost(usage)
    static let bound = JournalBuilder.bound

    /// One hold `h`, some calls in the log, and what must come of them.
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var course: Course?
        var model = JournalBuilder.model
        var countedBy = UsageSource.body
        var log: [InvoicedCall]
        var found: [Kind] = []
        /// What the log has more, in nano-dollars; nil where it cannot be known.
        var amounts: [Int64?] = []
        var totals: (journal: Int64, log: Int64) = (0, 0)
        var matched = 1
    }

    static func tagged(
        _ requestID: String, second: Double = 1, usage: TokenUsage? = usage, isError: Bool = false,
        question: String = "q-h"
    ) -> InvoicedCall {
        JournalBuilder.logged(
            requestID, second: second, usage: usage, isError: isError, hold: "h", question: question)
    }

    static let cases: [Case] = [
        Case(
            testDescription: "a settled call is found by its request id", course: .settled(usage, requestID: "r"),
            log: [JournalBuilder.logged("r")], totals: (cost.nanoUSD, cost.nanoUSD)),
        Case(
            testDescription: "a call without a request id is found by the hold it names",
            course: .settled(usage, requestID: nil), log: [tagged("r")], totals: (cost.nanoUSD, cost.nanoUSD)),
        Case(
            testDescription: "a call that names the hold, but another question, has no hold",
            course: .released, log: [tagged("r", question: "q-x")], found: [.withoutHold], amounts: [cost.nanoUSD],
            matched: 0),
        Case(
            testDescription: "a call that nothing points to has no hold", course: .released,
            log: [JournalBuilder.logged("r")], found: [.withoutHold], amounts: [cost.nanoUSD], matched: 0),
        Case(
            testDescription: "a call of a model without rates has no cost", course: .released,
            log: [JournalBuilder.logged("r", model: "amazon.nova-micro-v1:0")], found: [.withoutHold], amounts: [nil],
            matched: 0),
        Case(
            testDescription: "a failed call of somebody else is nothing", course: .released,
            log: [JournalBuilder.logged("r", usage: nil, isError: true)], matched: 0),
        Case(
            testDescription: "a released hold whose call failed agrees", course: .released,
            log: [tagged("r", usage: nil, isError: true)]),
        Case(
            testDescription: "a failure that is logged with no tokens costs nothing", course: .released,
            log: [tagged("r", usage: TokenUsage(inputTokens: 0, outputTokens: 0), isError: true)]),
        Case(
            testDescription: "a released hold whose call was served is undercounted", course: .released,
            log: [tagged("r")], found: [.releasedButServed], amounts: [cost.nanoUSD], totals: (0, cost.nanoUSD)),
        Case(
            testDescription: "an error after which tokens were counted was served", course: .released,
            log: [tagged("r", isError: true)], found: [.releasedButServed], amounts: [cost.nanoUSD],
            totals: (0, cost.nanoUSD)),
        Case(
            testDescription: "a released hold whose call was served without counts is listed all the same",
            course: .released, log: [tagged("r", usage: nil)], found: [.releasedButServed], amounts: [nil]),
        Case(
            testDescription: "other counts differ by their cost", course: .settled(usage, requestID: "r"),
            log: [JournalBuilder.logged("r", usage: other)], found: [.tokensDiffer], amounts: [8400],
            totals: (cost.nanoUSD, cost.nanoUSD + 8400)),
        Case(
            testDescription: "cached tokens without a rate cost the dearest of the prompt's",
            course: .settled(usage, requestID: "r"),
            log: [
                JournalBuilder.logged(
                    "r", usage: TokenUsage(inputTokens: 100, outputTokens: 10, cacheReadTokens: 7))
            ], found: [.tokensDiffer], amounts: [7 * 3180], totals: (cost.nanoUSD, cost.nanoUSD + 7 * 3180)),
        Case(
            testDescription: "a log without counts is no difference", course: .settled(usage, requestID: "r"),
            log: [JournalBuilder.logged("r", usage: nil)]),
        Case(
            testDescription: "a call in doubt was charged its bound", course: .charged, log: [tagged("r")],
            found: [.chargedAtBound], amounts: [cost.nanoUSD - bound.nanoUSD], totals: (bound.nanoUSD, cost.nanoUSD)),
        Case(
            testDescription: "an answer without counts was charged its bound",
            course: .settled(other, requestID: "r"), countedBy: .bound, log: [JournalBuilder.logged("r")],
            found: [.chargedAtBound], amounts: [cost.nanoUSD - bound.nanoUSD], totals: (bound.nanoUSD, cost.nanoUSD)),
        Case(
            testDescription: "an orphan that was settled later is charged what it cost",
            course: .orphanedThenSettled(usage, requestID: "r"), log: [tagged("r")],
            totals: (cost.nanoUSD, cost.nanoUSD)),
        Case(
            testDescription: "a charged call that failed is overcounted", course: .charged,
            log: [tagged("r", usage: nil, isError: true)], found: [.chargedButFailed], amounts: [-bound.nanoUSD],
            totals: (bound.nanoUSD, 0)),
        Case(
            testDescription: "an orphan that was never made is overcounted", course: .orphaned,
            log: [JournalBuilder.logged("x", usage: nil, isError: true)], found: [.chargedNotLogged],
            amounts: [-bound.nanoUSD], matched: 0),
        Case(
            testDescription: "another region is listed", course: .settled(usage, requestID: "r"),
            log: [JournalBuilder.logged("r", region: "us-east-1")], found: [.modelDiffers], amounts: [nil]),
        Case(
            testDescription: "another model is listed", course: .settled(usage, requestID: "r"),
            log: [JournalBuilder.logged("r", model: "meta.llama3-8b-instruct-v1:0")], found: [.modelDiffers],
            amounts: [nil]),
        Case(
            testDescription: "an ARN is the model that it ends in", course: .settled(usage, requestID: "r"),
            log: [
                JournalBuilder.logged(
                    "r", model: "arn:aws:bedrock:ap-south-1::foundation-model/meta.llama3-70b-instruct-v1:0")
            ], totals: (cost.nanoUSD, cost.nanoUSD)),
        Case(
            testDescription: "a geographic profile is the model that it routes to",
            course: .settled(usage, requestID: "r"),
            model: ModelID(provider: "bedrock", region: "ap-south-1", model: "apac.meta.llama3-70b-instruct-v1:0"),
            log: [JournalBuilder.logged("r")], totals: (cost.nanoUSD, cost.nanoUSD)),
        Case(
            testDescription: "a call that is in the log twice is counted once",
            course: .settled(usage, requestID: "r"),
            log: [JournalBuilder.logged("r"), JournalBuilder.logged("r")], found: [.loggedTwice], amounts: [0],
            totals: (cost.nanoUSD, cost.nanoUSD)),
        Case(
            testDescription: "of two records of one call the one with more tokens counts",
            course: .settled(other, requestID: "r"),
            log: [JournalBuilder.logged("r"), JournalBuilder.logged("r", usage: other)], found: [.loggedTwice],
            amounts: [0], totals: (cost.nanoUSD + 8400, cost.nanoUSD + 8400)),
        Case(
            testDescription: "a second call under one hold is undercounted", course: .settled(usage, requestID: "r"),
            log: [tagged("r"), tagged("s", second: 2, usage: other)], found: [.servedTwice],
            amounts: [cost.nanoUSD + 8400], totals: (cost.nanoUSD, cost.nanoUSD)),
        Case(
            testDescription: "of two calls under one hold it covers the one that was served",
            course: .settled(usage, requestID: nil),
            log: [tagged("r", usage: nil, isError: true), tagged("s", second: 2)],
            totals: (cost.nanoUSD, cost.nanoUSD)),
        Case(
            testDescription: "a hold that is open is no difference", course: .open, log: [tagged("r")], matched: 0),
        Case(
            testDescription: "an open hold that is not in the log is no difference", course: .open,
            log: [JournalBuilder.logged("x", usage: nil, isError: true)], matched: 0),
    ]

    @Test("finds what differs, and nothing else", arguments: cases)
    func finds(_ given: Case) throws {
        var journal = JournalBuilder()
        if let course = given.course { journal.hold("h", model: given.model, countedBy: given.countedBy, course) }
        let result = journal.compared(with: given.log)
        #expect(result.differences.map(\.kind) == given.found)
        #expect(result.differences.map { $0.amount?.nanoUSD } == given.amounts)
        #expect(result.journaled.nanoUSD == given.totals.journal)
        #expect(result.logged.nanoUSD == given.totals.log)
        #expect(result.difference.nanoUSD == given.totals.log - given.totals.journal)
        #expect(result.callsMatched == given.matched)
        #expect(
            result.agrees
                == (given.found.contains { $0 != .loggedTwice } ? false : result.callsMatched > 0 ? true : nil))
    }

    @Test("judges only holds that were taken in the log's time", arguments: [(-61, 0), (-60, 1), (69, 1), (71, 0)])
    func span(second: Int, found: Int) {
        var journal = JournalBuilder()
        journal.hold("h", second: Double(second), .orphaned)
        let log = [0, 10].map {
            JournalBuilder.logged("r\($0)", second: $0, usage: nil, isError: true)
        }
        #expect(journal.compared(with: log).differences.count == found)
    }

    @Test("judges holds by the time that it is told the log covers")
    func givenSpan() {
        var journal = JournalBuilder()
        journal.hold("h", second: 3000, .orphaned)
        let span = JournalBuilder.start...JournalBuilder.start.addingTimeInterval(3600)
        #expect(journal.compared(with: [], span: span).differences.map(\.kind) == [.chargedNotLogged])
        #expect(journal.compared(with: []).differences.isEmpty)
        #expect(journal.compared(with: [], span: span).span == span)
    }

    @Test("leaves out holds of other regions and providers")
    func otherLogs() {
        var journal = JournalBuilder()
        journal.hold("a", model: ModelID(provider: "bedrock", region: "us-east-1", model: "m"), .charged)
        journal.hold("b", model: ModelID(provider: "elsewhere", region: "ap-south-1", model: "m"), .charged)
        let log = [JournalBuilder.logged("r", usage: nil, isError: true)]
        #expect(journal.compared(with: log).differences.isEmpty)
    }

    @Test("says what cannot be priced")
    func unpriced() {
        var journal = JournalBuilder()
        journal.hold("h", rates: nil, .settled(Self.usage, requestID: "r"))
        let result = journal.compared(with: [JournalBuilder.logged("r", usage: Self.other)])
        #expect(result.differences.map(\.amount) == [nil])
        #expect(result.callsUnpriced == 1)
        #expect(result.journaled == .zero)
    }

    @Test("a call in doubt that cost its bound agrees")
    func boundIsCost() {
        var journal = JournalBuilder()
        let rates = TokenRates(
            from: JournalBuilder.rates.from, inputNanoUSDPerToken: Self.bound.nanoUSD / 100, outputNanoUSDPerToken: 0)
        journal.hold("h", rates: rates, .charged)
        let result = journal.compared(with: [Self.tagged("r")])
        #expect(result.differences.isEmpty)
        #expect(result.logged == Self.bound)
    }

    @Test("takes for a call of somebody else the rates that were in force")
    func ratesInForce() {
        var journal = JournalBuilder()
        let raised = TokenRates(
            from: JournalBuilder.start.addingTimeInterval(5), inputNanoUSDPerToken: 1, outputNanoUSDPerToken: 1)
        journal.hold("a", second: 0, .released)
        journal.hold("b", second: 6, rates: raised, .released)
        let log = [JournalBuilder.logged("r", second: 1), JournalBuilder.logged("s", second: 6)]
        #expect(journal.compared(with: log).differences.map { $0.amount?.nanoUSD } == [Self.cost.nanoUSD, 110])
    }

    @Test("does not trap on counts that no money pays")
    func hugeCounts() {
        var journal = JournalBuilder()
        journal.hold("h", .settled(Self.usage, requestID: "r"))
        let huge = TokenUsage(inputTokens: .max, outputTokens: .max)
        let result = journal.compared(with: [JournalBuilder.logged("r", usage: huge)])
        #expect(result.differences.map(\.kind) == [.tokensDiffer])
        #expect(result.differences.map(\.amount) == [nil])
    }

    @Test("reads a journal page by page")
    func pages() async throws {
        var journal = JournalBuilder()
        for hold in 0..<7 { journal.hold("h\(hold)", .settled(Self.usage, requestID: "r\(hold)")) }
        let log = (0..<7).map { JournalBuilder.logged("r\($0)") }
        let entries = journal.entries
        var asked: [Int64] = []
        let result = await Reconciliation.compare(Reconciler(log: log)) { after in
            asked.append(after)
            return Array(entries.filter { $0.id > after }.prefix(5))
        }
        #expect(asked == [0, 5, 10, 14])
        #expect(result == journal.compared(with: log))
        #expect(result.callsMatched == 7)
    }

    @Test("throws what the journal throws")
    func journalFails() async {
        let error = GovernorError.ledgerUnavailable(reason: "gone")
        await #expect(throws: error) {
            try await Reconciliation.compare(Reconciler(log: [])) { _ throws(GovernorError) in throw error }
        }
    }

    @Test("a sentence steers no terminal")
    func printable() {
        let log = [JournalBuilder.logged("r\u{1b}[2J", model: "m\u{7}\u{202e}é")]
        let sentence = JournalBuilder().compared(with: log).differences.first?.description
        #expect(
            sentence
                == "request r?[2J to m??? in ap-south-1 was served 100 in, 10 out (cost unknown), and no hold is for it"
        )
    }
}
