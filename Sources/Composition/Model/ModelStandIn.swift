package import Bedrock
package import FunctionKit
package import SpendingSQLite

/// Plays the model where the settings name no endpoint.
///
/// The composition knows none: the emulator brings its own.
package protocol ModelStandIn: Sendable {
    /// The keys that its client signs with; they open nothing else.
    var credentials: AWSCredentials { get }

    /// Refuses servers that others may use.
    ///
    /// - Parameters:
    ///   - options: What the pipeline is made from.
    ///   - runsHost: Whether functions take what waits in their queues.
    ///   - embedding: The model whose vectors it would make; nil for none.
    /// - Throws: ``SetupProblem``.
    func check(_ options: PipelineOptions, runsHost: Bool, embedding: EmbeddingModel?) throws(SetupProblem)

    /// Refuses a data folder on which a real model is asked.
    ///
    /// - Parameters:
    ///   - note: Whether one is.
    ///   - folder: The folder's path.
    /// - Returns: What puts a look at the note before each call: a real model may come later.
    /// - Throws: ``SetupProblem``, or what keeps the note from being read.
    func meet(
        _ note: RealModelNote, in folder: String
    ) async throws -> @Sendable (any LanguageModel) -> any LanguageModel

    /// Answers for as long as a body runs.
    ///
    /// - Parameters:
    ///   - region: Where its clients believe it to be.
    ///   - models: The names of the models that it plays.
    ///   - body: Gets its address.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws, or why it cannot answer.
    func run<Value: Sendable>(
        region: String, models: Set<String>, _ body: (_ endpoint: String) async throws -> Value
    ) async throws -> Value
}
