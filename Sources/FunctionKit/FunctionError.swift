/// What a function throws when it knows that trying again cannot help.
///
/// The reasons are constants of the program, so that no error can carry a payload into a log line or a message header.
public enum FunctionError: Error, Sendable {
    /// The input can never succeed. The message goes to the dead-letter queue at once.
    case permanent(StaticString)
    /// The payload is no JSON of the function's input. `path` names the field, such as `passages[2].id`, never a value; `*`
    /// stands for a key of a dictionary.
    case undecodable(path: String, reason: StaticString)
}

extension FunctionError: DispositionProviding {
    /// Both cases are final: the message is dead-lettered at once.
    public var disposition: Disposition { .deadLetter }

    /// `permanent` or `undecodable`.
    public var code: String {
        switch self {
        case .permanent: "permanent"
        case .undecodable: "undecodable"
        }
    }
}

extension FunctionError: CustomStringConvertible {
    /// One sentence for a person.
    public var description: String {
        switch self {
        case .permanent(let reason): "\(reason)"
        case .undecodable("", let reason): "the payload is not this function's input: \(reason)"
        case .undecodable(let path, let reason): "the payload is not this function's input: \(path): \(reason)"
        }
    }
}
