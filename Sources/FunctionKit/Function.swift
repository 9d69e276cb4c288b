/// One stage of a pipeline: JSON in, JSON out.
///
/// The same function runs in a host, in the emulator, in a unit test and behind the invoke API. It gets what it needs
/// from outside (a model, an index, a history) through its initialiser, and what belongs to one invocation through the
/// context.
///
/// ```swift
/// struct Shout: Function {
///     struct Input: Decodable, Sendable { let text: String }
///     struct Output: Encodable, Sendable { let text: String }
///
///     func invoke(_ input: Input, context: InvocationContext) async throws -> Output {
///         guard !input.text.isEmpty else { throw FunctionError.permanent("the text is empty") }
///         return Output(text: input.text.uppercased())
///     }
/// }
/// ```
public protocol Function<Input, Output>: Sendable {
    /// What the function takes. Keys of the JSON that it does not name are ignored.
    associatedtype Input: Decodable & Sendable
    /// What the function gives: the next function's input.
    associatedtype Output: Encodable & Sendable

    /// Turns one input into one output.
    ///
    /// A message may be delivered more than once: an invocation must be safe to repeat under the same
    /// ``InvocationContext/invocationID``. `@concurrent`: it never runs on the thread of the actor that dispatches it.
    ///
    /// - Throws: ``FunctionError/permanent(_:)`` for an input that can never succeed. An error that conforms to
    ///   ``DispositionProviding`` says itself what becomes of the message. Any other error is tried again later, until
    ///   the manifest's attempts are used up.
    @concurrent func invoke(_ input: Input, context: InvocationContext) async throws -> Output
}
