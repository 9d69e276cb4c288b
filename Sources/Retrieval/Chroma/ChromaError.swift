package import FunctionKit

/// Why Chroma gave no passages, or took none.
package enum ChromaError: Error, Sendable, Hashable {
    /// Nothing answers at the address, or the connection broke. Tried again until the time was up.
    case unreachable(url: String, reason: String)
    /// It answers too slowly. Tried again until the time was up.
    case noAnswer(url: String)
    /// It says that it cannot: out of memory, out of disk, overloaded, starting. Tried again until the time was up.
    case failing(status: Int)
    /// What answers is not Chroma, or speaks neither of its APIs.
    case notChroma(url: String)
    /// It is of a version that was never tried.
    case unknownVersion(String)
    /// It wants another token.
    case notAllowed
    /// It has no such tenant or database.
    case noDatabase(tenant: String, database: String)
    /// The database has no such collection; nothing was ingested into it yet.
    case noCollection(String)
    /// The collection does not say how its vectors were made.
    case unknownEmbedder(collection: String)
    /// The collection's vectors were made in another way than those that are searched with or added.
    case otherEmbedder(collection: String, its: String, ours: String)
    /// The collection's vectors have another length.
    case otherDimension(collection: String)
    /// It refused a call. `code` is its own name for the reason.
    case refused(status: Int, code: String)
    /// Its answer is not in its format.
    case unreadable(call: String)
    /// The task was cancelled.
    case cancelled

    /// Whether the same call may succeed a moment later, without anybody doing anything.
    package var isTransient: Bool {
        switch self {
        case .unreachable, .noAnswer, .failing, .cancelled: true
        default: false
        }
    }
}

extension ChromaError: DispositionProviding {
    /// A question waits for Chroma without using up attempts, be it away or to be mended or filled by a person; what may be
    /// said of this very question is tried again as often as the manifest says.
    package var disposition: Disposition {
        if self == .cancelled { return .handBack }
        return trouble.map { .hostTrouble(HostTrouble($0, code: code)) } ?? .retry
    }

    /// What is wrong with the index; nil where it may be the question.
    private var trouble: HostTrouble.Kind? {
        switch self {
        case .unreachable: .unreachable
        case .noAnswer, .failing, .unreadable: .unavailable
        case .notAllowed: .credentials
        case .noDatabase, .noCollection: .notFound
        case .notChroma, .unknownVersion, .unknownEmbedder, .otherEmbedder, .otherDimension: .refused
        // Of what has no name of Chroma's, nobody knows that Chroma was asked at all. What was never sent has no status.
        case .refused(let status, let code): [0, 400, 422].contains(status) && code != Self.unnamed ? nil : .refused
        case .cancelled: nil
        }
    }

    /// The ``refused(status:code:)`` of an answer that names no reason of Chroma's.
    static let unnamed = "unnamed"

    /// A short constant name.
    package var code: String {
        switch self {
        case .unreachable: "chroma-unreachable"
        case .noAnswer: "chroma-no-answer"
        case .failing: "chroma-failing"
        case .notChroma: "chroma-not-chroma"
        case .unknownVersion: "chroma-version-unknown"
        case .notAllowed: "chroma-not-allowed"
        case .noDatabase: "chroma-no-database"
        case .noCollection: "chroma-no-collection"
        case .unknownEmbedder: "chroma-embedder-unknown"
        case .otherEmbedder: "chroma-embedder-other"
        case .otherDimension: "chroma-dimension-other"
        case .refused: "chroma-refused"
        case .unreadable: "chroma-answer-unreadable"
        case .cancelled: "chroma-cancelled"
        }
    }
}

extension ChromaError: CustomStringConvertible {
    /// One sentence for a person, with what to do; it holds no text of a passage and no token.
    package var description: String {
        switch self {
        case .unreachable(let url, let reason):
            "Chroma cannot be reached at \(url) (\(reason)); start it there, or correct SLUICE_CHROMA_URL"
        case .noAnswer(let url): "Chroma at \(url) did not answer in time; see whether it is overloaded or stopped"
        case .failing(let status):
            "Chroma answered \(status): it cannot serve now; see its log, its memory and its disk"
        case .notChroma(let url): "what answers at \(url) is not Chroma; correct SLUICE_CHROMA_URL"
        case .unknownVersion(let version):
            "Chroma says that it is version \(version), which sluice does not know; run 0.5 or 1"
        case .notAllowed: "Chroma refuses the token; correct SLUICE_CHROMA_TOKEN"
        case .noDatabase(let tenant, let database):
            "Chroma has no database `\(database)` of tenant `\(tenant)`; make it, or correct SLUICE_CHROMA_TENANT and"
                + " SLUICE_CHROMA_DATABASE"
        case .noCollection(let name):
            "Chroma has no collection `\(name)`; fill it with `sluice ingest`, or correct SLUICE_CHROMA_COLLECTION"
        case .unknownEmbedder(let collection):
            "the collection `\(collection)` does not say how its vectors were made; ingest into one of another name"
        case .otherEmbedder(let collection, let its, let ours):
            "the vectors of the collection `\(collection)` were made by `\(its)`, not by `\(ours)`; correct"
                + " SLUICE_CHROMA_EMBEDDER, or ingest into a collection of another name"
        case .otherDimension(let collection):
            "the vectors of the collection `\(collection)` have another length; ingest into one of another name"
        case .refused(let status, let code): "Chroma refused a call: \(status) (\(code))"
        case .unreadable(let call): "Chroma's answer to \(call) cannot be read; see whether something stands between"
        case .cancelled: "the call to Chroma was cancelled"
        }
    }
}
