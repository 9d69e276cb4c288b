/// How the host runs one function.
package struct FunctionSettings: Sendable, Hashable {
    /// The function's name.
    package var name: String
    /// The pipeline that it is part of.
    package var pipeline: String
    /// The function that takes its output; nil for the last.
    package var next: String?
    /// Whether the function is invoked at the door, in memory, so that only its output is ever queued, stored or logged.
    package var redacts: Bool
    /// Whether keys of the input that the function does not know stand in its output too.
    package var passesOnUnknownKeys: Bool
    /// The most invocations at a time in one host.
    package var concurrency: Int
    /// How long one invocation may take.
    package var timeout: Duration
    /// How often a message is tried before it is dead-lettered.
    package var attemptsMax: Int
    /// The wait between attempts.
    package var backoff: Backoff
    /// The most messages that its queue holds.
    package var queueLengthMax: Int
    /// The model that the function asks; nil for a function that asks none.
    package var model: ModelSettings?

    /// Makes settings, by default those of a function that the manifest only names.
    package init(
        name: String, pipeline: String = "", next: String? = nil, redacts: Bool = false,
        passesOnUnknownKeys: Bool = false,
        concurrency: Int = 4, timeout: Duration = .seconds(10), attemptsMax: Int = 4,
        backoff: Backoff = Backoff(first: .seconds(1), factor: 2, longest: .seconds(60)),
        queueLengthMax: Int = 10_000, model: ModelSettings? = nil
    ) {
        self.name = name
        self.pipeline = pipeline
        self.next = next
        self.redacts = redacts
        self.passesOnUnknownKeys = passesOnUnknownKeys
        self.concurrency = concurrency
        self.timeout = timeout
        self.attemptsMax = attemptsMax
        self.backoff = backoff
        self.queueLengthMax = queueLengthMax
        self.model = model
    }
}

/// A model as the manifest names it.
package struct ModelSettings: Sendable, Hashable {
    /// Who sells it, such as `bedrock`.
    package var provider: String
    /// Where it runs, such as `ap-south-1`.
    package var region: String
    /// Its name there.
    package var id: String
    /// How long one call may take.
    package var timeout: Duration

    /// Makes settings.
    package init(provider: String, region: String, id: String, timeout: Duration) {
        self.provider = provider
        self.region = region
        self.id = id
        self.timeout = timeout
    }
}
