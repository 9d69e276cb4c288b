import FunctionKit

/// Why a question was not accepted, or may not have been.
package enum FrontDoorError: Error, Sendable, Hashable {
    /// There is nothing to answer.
    case empty
    /// The question is longer than ``FrontDoor/questionBytesMax``.
    case tooLong(bytes: Int)
    /// The payload is longer than ``FrontDoor/payloadBytesMax``.
    case payloadTooLong(bytes: Int)
    /// The payload is no JSON in UTF-8.
    case notJSON
    /// The id that the asker gave is none.
    case badID
    /// The tenant is a text that cannot be stored everywhere.
    case badTenant
    /// Another question was asked under the id that the asker gave.
    case taken(id: String)
    /// Too many questions wait; come back after the given time.
    case full(retryAfter: Duration)
    /// The host is ending.
    case draining
    /// The first function could not deal with the question.
    case unreadable(AttemptFailure)
    /// The question is stored nowhere.
    case unavailable(reason: String)
    /// Whether the question is stored is not known: it was sent, and nobody has confirmed it.
    case unconfirmed(id: String)
}

extension FrontDoorError: CustomStringConvertible {
    /// One sentence for a person, with what to do.
    package var description: String {
        switch self {
        case .empty: "the question is empty; write what happened and what you want to know"
        case .tooLong(let bytes):
            "the question has \(bytes) bytes; the most is \(FrontDoor.questionBytesMax); leave out what is not needed"
        case .payloadTooLong(let bytes): "the payload has \(bytes) bytes; send at most \(FrontDoor.payloadBytesMax)"
        case .notJSON: "the payload is no JSON in UTF-8; send one JSON value"
        case .badID:
            "an id has 1 to \(FrontDoor.idBytesMax) letters, digits, hyphens, underscores and dots, and begins with a "
                + "letter or a digit; leave it out to be given one"
        case .badTenant:
            "a tenant has 1 to \(StorableName.bytesMax) bytes in UTF-8 and no zero character; write another"
        case .taken(let id): "another question was asked under the id \(id); ask this one under an id of its own"
        case .full(let retryAfter): "too many questions wait; try again in \(retryAfter.components.seconds) s"
        case .draining: "the host is ending; ask again in a moment"
        case .unreadable(let failure):
            "the question could not be made free of personal data (\(failure.code)); nothing was kept"
        case .unavailable(let reason): "the question could not be stored: \(reason)"
        case .unconfirmed(let id):
            "the question may have been accepted: ask for id \(id), or ask again under this id"
        }
    }

    /// The same of a message that is no question.
    package var sentence: String {
        switch self {
        case .taken(let id): "another message was sent under the id \(id); send this one under an id of its own"
        case .full(let retryAfter): "too many messages wait; try again in \(retryAfter.components.seconds) s"
        case .draining: "the host is ending; send it again in a moment"
        case .unreadable(let failure):
            "the first function cannot take this: \(failure.explanation ?? failure.code); nothing was kept"
        case .unavailable(let reason): "the message could not be queued: \(reason)"
        case .unconfirmed(let id):
            "the message may have been accepted: ask for run \(id), or send it again under this id"
        default: description
        }
    }
}
