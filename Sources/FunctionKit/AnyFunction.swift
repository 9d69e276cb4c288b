public import FoundationEssentials

/// A function that takes and gives JSON bytes, so that queue, invoke API and test invoke all functions the same way.
public struct AnyFunction: Sendable {
    private let body: @Sendable (Data, InvocationContext) async throws -> Data

    /// Wraps a function.
    public init<F: Function>(_ function: F) {
        body = { payload, context in
            let input: F.Input
            do {
                input = try JSONDecoder().decode(F.Input.self, from: payload)
            } catch {
                throw FunctionError.undecodable(error)
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(try await function.invoke(input, context: context))
        }
    }

    /// Decodes the payload, invokes the function and encodes its output with sorted keys.
    ///
    /// - Throws: ``FunctionError/undecodable(path:reason:)`` where the payload is no JSON of the function's input,
    ///   otherwise what the function throws.
    @concurrent public func invoke(_ payload: Data, context: InvocationContext) async throws -> Data {
        try await body(payload, context)
    }
}

extension FunctionError {
    /// Keeps the path and the kind of a decoding failure and drops its text, which may quote the payload.
    fileprivate static func undecodable(_ error: any Error) -> FunctionError {
        guard let error = error as? DecodingError else {
            return .undecodable(path: "", reason: "it is not valid")
        }
        return switch error {
        case .keyNotFound(let key, let context):
            .undecodable(path: path(context.codingPath + [key]), reason: "it is missing")
        case .typeMismatch(_, let context): .undecodable(path: path(context.codingPath), reason: "it has another type")
        case .valueNotFound(_, let context): .undecodable(path: path(context.codingPath), reason: "it is null")
        // A number that does not fit its type comes without a path too: nothing tells it from broken JSON.
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            .undecodable(path: "", reason: "it is no valid JSON in UTF-8, or a number in it does not fit")
        case .dataCorrupted(let context): .undecodable(path: path(context.codingPath), reason: "it is not valid")
        @unknown default: .undecodable(path: "", reason: "it is not valid")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }
}
