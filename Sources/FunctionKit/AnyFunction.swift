public import FoundationEssentials

/// A function that takes and gives JSON bytes, so that queue, invoke API and test invoke all functions the same way.
public struct AnyFunction: Sendable {
    private let body: @Sendable (Data, InvocationContext) async throws -> Data
    private let passingBody: @Sendable (Data, InvocationContext) async throws -> Data

    /// Wraps a function.
    public init<F: Function>(_ function: F) {
        body = { payload, context in
            let input = try Self.read(F.Input.self, from: payload)
            return try Self.write(try await function.invoke(input, context: context))
        }
        passingBody = { payload, context in
            let read = try Self.read(ReadInput<F.Input>.self, from: payload)
            guard let members = JSONMembers(payload) else {
                throw FunctionError.undecodable(path: "", reason: "it is no object, so that no keys can be passed on")
            }
            let output = try Self.write(try await function.invoke(read.input, context: context))
            guard var merged = JSONMembers(output) else {
                throw FunctionError.permanent("the output is no object, so that no keys can be passed on beside it")
            }
            merged.take(members, but: read.keys)
            return merged.json
        }
    }

    private init(body: @escaping @Sendable (Data, InvocationContext) async throws -> Data) {
        self.body = body
        passingBody = body
    }

    /// The same function, whose output takes along the keys of the input that the function does not know.
    ///
    /// They stand in the output as they came, byte for byte. A key of the output's own comes before one of the same name.
    package var passingOnUnknownKeys: AnyFunction { AnyFunction(body: passingBody) }

    /// The same function, whose output is none before something more has been done with it, in the same invocation.
    package func followed(
        by end: @escaping @Sendable (Data, InvocationContext) async throws -> Void
    ) -> AnyFunction {
        AnyFunction { [body] payload, context in
            let output = try await body(payload, context)
            try await end(output, context)
            return output
        }
    }

    private static func read<Input: Decodable>(_ type: Input.Type, from payload: Data) throws -> Input {
        do {
            return try JSONDecoder().decode(type, from: payload)
        } catch {
            throw FunctionError.undecodable(error)
        }
    }

    private static func write(_ output: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(output)
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
                path += (path.isEmpty ? "" : ".") + (isOfProgram(key) ? key.stringValue : "*")
            }
        }
    }

    /// Whether a key is a name that the program knows: those of a dictionary are part of the payload.
    private static func isOfProgram(_ key: any CodingKey) -> Bool {
        let mirror = Mirror(reflecting: key)
        return mirror.displayStyle == .enum && mirror.children.isEmpty
    }
}
