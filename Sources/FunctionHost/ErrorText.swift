import FunctionKit

/// What an error says of itself, to whom.
package enum ErrorText {
    /// The most characters of a text of unknown length.
    private static let lengthMax = 1000

    /// The name of its type: a constant of the program.
    package static func type(of error: any Error) -> String { "\(Swift.type(of: error))" }

    /// The constant name of what is wrong; `error` for one that has none.
    package static func code(_ error: any Error) -> String { (error as? any DispositionProviding)?.code ?? "error" }

    /// What may stand in a log, a header or an answer to anybody: constants of the program and the names of fields.
    package static func safe(_ error: any Error) -> String {
        switch error {
        case let error as FunctionError: error.description
        case let error as any DispositionProviding: error.code
        default: type(of: error)
        }
    }

    /// Its type, and all that it says.
    package static func told(_ error: any Error) -> String {
        let (type, own) = (type(of: error), own(error))
        return own.hasPrefix(type) ? own : "\(type): \(own)"
    }

    /// All that it says: for a person at whose terminal it runs, because it may tell of payloads and addresses.
    package static func own(_ error: any Error) -> String {
        // One line, and nothing that a terminal would act upon.
        String(
            String.UnicodeScalarView(
                "\(error)".prefix(lengthMax).unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: " "
                    default: scalar
                    }
                }))
    }
}
