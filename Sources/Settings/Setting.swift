/// One thing that an operator may set, by its variable or, unless it is a secret, by its key in the settings file.
///
/// This list is what the table of the guide is held to, and all that is read.
package struct Setting: Sendable, Hashable {
    /// The key in the settings file, with dots, such as `drain.seconds`.
    package let key: String
    /// The environment variable, such as `SLUICE_DRAIN_SECONDS`.
    package let variable: String
    /// What is taken where it is not set, as the guide says it.
    package let defaultText: String
    /// Whether it is a secret: then it comes from the environment, or from a file that `…_FILE` names.
    package let isSecret: Bool

    private init(_ key: String, _ defaultText: String, isSecret: Bool = false, prefix: String = "SLUICE_") {
        self.key = key
        self.defaultText = defaultText
        self.isSecret = isSecret
        variable = prefix + key.replacing(".", with: "_").uppercased()
    }

    /// The setting that names the file of a secret.
    var file: Setting { Setting(key + "_file", "", prefix: String(variable.dropLast(key.count))) }
}

extension Setting {
    /// Where queues are.
    package static let brokerURL = Setting("broker.url", "the embedded queue in `--data`", isSecret: true)
    /// Where passages are, in Chroma.
    package static let chromaURL = Setting("chroma.url", "the bundled notes, in memory")
    /// Who owns the database there.
    package static let chromaTenant = Setting("chroma.tenant", "`default_tenant`")
    /// Where the collection is.
    package static let chromaDatabase = Setting("chroma.database", "`default_database`")
    /// The collection of passages.
    package static let chromaCollection = Setting("chroma.collection", "`passages`")
    /// What Chroma wants to see.
    package static let chromaToken = Setting("chroma.token", "none", isSecret: true)
    /// What makes vectors.
    package static let chromaEmbedder = Setting("chroma.embedder", "`lexical`")
    /// Where Bedrock Runtime is.
    package static let bedrockEndpoint = Setting(
        "bedrock.endpoint", "`host`: the region's own; else the stand-in")
    /// How long work under way may take to finish.
    package static let drainSeconds = Setting("drain.seconds", "`70`")
    /// Where the host serves health and metrics.
    package static let listenAddress = Setting("listen.address", "`127.0.0.1`")
    /// The port there.
    package static let listenPort = Setting("listen.port", "`8080`")
    /// The least level of log lines.
    package static let logLevel = Setting("log.level", "`info` in `host`, `notice` in `emulate`, else `warning`")
    /// How log lines look.
    package static let logFormat = Setting("log.format", "`json` in `host` unless on a terminal, else `text`")
    /// In which formats metrics are given.
    package static let metricFormat = Setting("metric.format", "`prometheus`")
    /// How often metrics are written to the log.
    package static let metricSeconds = Setting("metric.seconds", "`60`")
    /// Where CloudWatch keeps the metrics.
    package static let metricNamespace = Setting("metric.namespace", "`Sluice`")
    /// Who is told of budget alerts.
    package static let alertWebhook = Setting("alert.webhook", "none")
    /// Signs what that one is told.
    package static let alertSecret = Setting("alert.secret", "none", isSecret: true)
    /// How long questions are kept.
    package static let historyDays = Setting("history.days", "none: for ever")
    /// Where ledger and history are.
    package static let databaseURL = Setting(
        "database.url", "the embedded ones in `--data`", isSecret: true, prefix: "")
    /// Where ECS tells a task about itself.
    package static let ecsMetadata = Setting("ecs.container.metadata.uri.v4", "none; ECS sets it", prefix: "")
    /// Where ECS takes requests for protection.
    package static let ecsAgent = Setting("ecs.agent.uri", "none; ECS sets it", prefix: "")

    /// All of them, in the order of the guide.
    package static let all: [Setting] = [
        brokerURL, chromaURL, chromaTenant, chromaDatabase, chromaCollection, chromaToken, chromaEmbedder,
        bedrockEndpoint, drainSeconds, listenAddress, listenPort, logLevel, logFormat, metricFormat, metricSeconds,
        metricNamespace, alertWebhook, alertSecret, historyDays, databaseURL, ecsMetadata, ecsAgent,
    ]

    /// Names the settings file; from the environment alone.
    package static let settingsFileVariable = "SLUICE_SETTINGS"
}
