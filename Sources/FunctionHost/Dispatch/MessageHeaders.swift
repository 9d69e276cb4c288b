import CivilTime
package import FoundationEssentials
package import FunctionKit
import Messaging

/// What the host writes beside a message's body.
///
/// All are short texts; none holds a payload. The names are part of the message format, whose version is
/// ``formatVersion``: stored messages of every released version must stay readable.
package struct MessageHeaders: Sendable, Hashable {
    /// The version of body and headers that this host writes.
    package static let formatVersion = "1"

    /// Which attempt this message is, from 1.
    package var attempt = 1
    /// Who asks, where tenants are told apart.
    package var tenant: String?
    /// After this instant nobody waits for the answer any more.
    package var expiresAt: Date?
    /// Where the message stands in a distributed trace.
    package var trace: TraceContext
    /// Why the last attempt failed, as a constant name.
    package var errorCode: String?
    /// The same for an operator: constants of the program and names of fields; nil where the name says it all.
    package var errorExplanation: String?
    /// The function whose attempt failed.
    package var failedFunction: String?
    /// When the last attempt failed.
    package var failedAt: Date?
    /// The budget that a parked message waits for.
    package var budget: String?
    /// What it needs there at the least, in nano-dollars.
    package var needed: Int64?
    /// What the functions before paid, in nano-dollars.
    package var costNanoUSD: Int64 = 0
    /// When that budget's period turns.
    package var opensAt: Date?
    /// Whether the message's run has a final state: it is a dead letter that somebody has dealt with.
    package var hasEnded = false

    /// The headers of a new message, in a trace of its own unless it goes on with another's.
    package init(trace: TraceContext = TraceContext()) { self.trace = trace }

    /// Why headers cannot be used.
    package enum Problem: Error, Hashable {
        /// A newer host wrote the message, or none did.
        case unknownVersion
        /// A header has a value that no host writes.
        case malformed(name: String)
        /// The tenant is empty, too long or has a zero byte.
        case unusableTenant

        /// A constant name, fit for the reason of a dead letter.
        var code: String {
            switch self {
            case .unknownVersion, .malformed: "headers-unreadable"
            case .unusableTenant: "tenant-unusable"
            }
        }
    }

    private enum Name: String, CaseIterable {
        case format = "sluice-format"
        case attempt = "sluice-attempt"
        case tenant = "sluice-tenant"
        case expiresAt = "sluice-expires-at"
        case trace = "traceparent"
        case errorCode = "sluice-error"
        case errorExplanation = "sluice-error-explanation"
        case failedFunction = "sluice-failed-function"
        case failedAt = "sluice-failed-at"
        case budget = "sluice-budget"
        case needed = "sluice-needed-nano-usd"
        case opensAt = "sluice-opens-at"
        case cost = "sluice-cost-nano-usd"
        case ended = "sluice-ended"
    }

    /// Reads headers; those of others are ignored.
    ///
    /// A message without a version came from elsewhere and is new.
    package init(_ headers: [String: String]) throws(Problem) {
        let fields = Fields(texts: headers)
        guard fields[.format] ?? Self.formatVersion == Self.formatVersion else { throw .unknownVersion }
        if let text = fields[.attempt] {
            guard let attempt = Int(text), (1...1000).contains(attempt) else {
                throw .malformed(name: Name.attempt.rawValue)
            }
            self.attempt = attempt
        }
        tenant = fields[.tenant]
        // What no store can keep is found here, before anything is done for it.
        if let tenant, !StorableName.isOne(tenant) { throw .unusableTenant }
        expiresAt = try fields.date(.expiresAt)
        trace = fields[.trace].flatMap(TraceContext.init(traceparent:)) ?? TraceContext()
        errorCode = fields[.errorCode]
        errorExplanation = fields[.errorExplanation]
        failedFunction = fields[.failedFunction]
        failedAt = try fields.date(.failedAt)
        budget = fields[.budget]
        if let budget, budget.utf8.contains(0) || budget.utf8.count > Self.valueBytesMax {
            throw .malformed(name: Name.budget.rawValue)
        }
        if let text = fields[.needed] {
            guard let needed = Int64(text), needed >= 0 else { throw .malformed(name: Name.needed.rawValue) }
            self.needed = needed
        }
        opensAt = try fields.date(.opensAt)
        if let text = fields[.cost] {
            guard let cost = Int64(text), cost >= 0 else { throw .malformed(name: Name.cost.rawValue) }
            costNanoUSD = cost
        }
        hasEnded = fields[.ended] != nil
    }

    /// The headers as a message carries them.
    package var texts: [String: String] {
        let all: [Name: String?] = [
            .format: Self.formatVersion, .attempt: String(attempt), .tenant: tenant,
            .expiresAt: expiresAt.map(Fields.text), .trace: trace.traceparent, .errorCode: errorCode,
            .errorExplanation: errorExplanation, .failedFunction: failedFunction, .failedAt: failedAt.map(Fields.text),
            .budget: budget,
            .needed: needed.map(String.init), .opensAt: opensAt.map(Fields.text),
            .cost: costNanoUSD > 0 ? String(costNanoUSD) : nil, .ended: hasEnded ? "1" : nil,
        ]
        return Dictionary(
            uniqueKeysWithValues: all.compactMap { name, text in text.map { (name.rawValue, $0) } })
    }

    /// The headers as a message carries them beside those of others, which stay as they came.
    package func texts(beside others: [String: String]) -> [String: String] {
        var all = others
        for name in Name.allCases { all[name.rawValue] = nil }
        return all.merging(texts) { $1 }
    }

    /// The headers of a dead message as those of a first attempt; all else stays, also what this host cannot read.
    package static func asFirstAttempt(_ headers: [String: String]) -> [String: String] {
        var headers = headers
        for name in [Name.errorCode, .errorExplanation, .failedFunction, .failedAt, .ended] {
            headers[name.rawValue] = nil
        }
        headers[Name.attempt.rawValue] = "1"
        return headers
    }

    /// Whether headers say that the message's run has its final state; also where this host cannot read the rest.
    package static func areEnded(_ headers: [String: String]) -> Bool { headers[Name.ended.rawValue] != nil }

    /// Why a message is dead, as a constant name: the broker's own reason came after that of the last attempt.
    package static func deathReason(_ headers: [String: String]) -> String {
        let reasons = [headers[Message.moveReasonHeader], headers[Name.errorCode.rawValue]]
        // A host writes short ones; another program may have written anything there.
        return reasons.lazy.compactMap(\.self).first(where: StorableName.isOne) ?? reasonUnknown
    }

    /// The reason of a letter that another program buried without a word.
    package static let reasonUnknown = "dead-lettered"

    /// The headers of a dead message whose run has its final state; all else stays.
    static func asEnded(_ headers: [String: String], at instant: Date) -> [String: String] {
        var headers = headers
        headers[Name.ended.rawValue] = "1"
        if headers[Name.failedAt.rawValue] == nil { headers[Name.failedAt.rawValue] = Fields.text(instant) }
        return headers
    }

    /// Those of headers that a host writes, as far as a host may have written them.
    static func own(_ headers: [String: String]) -> [String: String] {
        let names = Set(Name.allCases.map(\.rawValue) + [Message.moveReasonHeader])
        return headers.filter { names.contains($0.key) && $0.value.utf8.count <= valueBytesMax }
    }

    /// Two names and what stands between them.
    private static let valueBytesMax = 2 * StorableName.bytesMax + 1

    private struct Fields {
        let texts: [String: String]

        subscript(name: Name) -> String? { texts[name.rawValue] }

        func date(_ name: Name) throws(Problem) -> Date? {
            guard let text = self[name] else { return nil }
            guard let date = instant(text) else { throw .malformed(name: name.rawValue) }
            return date
        }

        /// Whole seconds in UTC.
        static func text(_ date: Date) -> String { date.formatted(.iso8601) }
    }
}
