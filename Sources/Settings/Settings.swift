package import Logging

/// All settings of a process, checked: the environment over the settings file over the defaults.
///
/// The table of keys is in `Settings.md` of this target's documentation.
package struct Settings: Sendable {
    /// How log lines look.
    package enum LogFormat: String, Sendable, CaseIterable {
        /// One JSON object a line.
        case json
        /// For people.
        case text
    }

    /// In which formats metrics are given.
    package enum MetricFormat: String, Sendable, CaseIterable {
        /// At `/metrics` alone.
        case prometheus
        /// Also as log lines in CloudWatch's embedded metric format.
        case emf
    }

    /// Where queues are; nil for the embedded queue.
    package var brokerURL: Secret?
    /// Where passages are; nil for the bundled notes.
    package var chroma: ChromaSettings?
    /// Bedrock Runtime's address; nil where none is named.
    package var bedrockEndpoint: String?
    /// How long work under way may take to finish at the end.
    package var drainTime: Duration
    /// Where the host serves health and metrics.
    package var listenAddress: String
    /// The port there; 0 for any that is free.
    package var listenPort: Int
    /// The least level of log lines; nil for the command's own.
    package var logLevel: Logger.Level?
    /// How log lines look; nil for the command's own.
    package var logFormat: LogFormat?
    /// In which formats metrics are given.
    package var metricFormat: MetricFormat
    /// How often metrics are written to the log.
    package var metricPeriod: Duration
    /// Where CloudWatch keeps the metrics.
    package var metricNamespace: String
    /// Who is told of budget alerts, not checked yet; nil for nobody.
    package var alertWebhook: String?
    /// Signs what that one is told.
    package var alertSecret: Secret?
    /// How long a question is kept after its final state; nil for ever.
    package var historyKept: Duration?
    /// PostgreSQL, where ledger and history are; nil for the embedded ones.
    package var databaseURL: Secret?
    /// Where ECS tells the task about itself; nil elsewhere.
    package var ecsMetadataURL: String?
    /// Where ECS takes requests for protection; nil elsewhere.
    package var ecsAgentURL: String?

    /// Reads and checks all settings.
    ///
    /// - Throws: ``SettingsProblem`` for the first that cannot be used.
    package init(environment: [String: String]) throws(SettingsProblem) {
        let reader = try SettingsReader(environment: environment)
        brokerURL = try reader.text(.brokerURL).map(Secret.init)
        chroma = try Self.chroma(reader)
        bedrockEndpoint = try reader.webAddress(.bedrockEndpoint)
        drainTime = .seconds(try reader.number(.drainSeconds, in: 0...3600, "whole seconds") ?? 70)
        listenAddress = try reader.text(.listenAddress) ?? "127.0.0.1"
        // The system's resolver takes it for the loopback address alone.
        if listenAddress == "*" {
            throw reader.problem(.listenAddress, "write 0.0.0.0 for all addresses, or :: for those of IPv6 too")
        }
        listenPort = try reader.number(.listenPort, in: 0...65_535, "a port") ?? 8080
        logLevel = try reader.word(.logLevel)
        logFormat = try reader.word(.logFormat)
        metricFormat = try reader.word(.metricFormat) ?? .prometheus
        metricPeriod = .seconds(try reader.number(.metricSeconds, in: 1...3600, "whole seconds") ?? 60)
        metricNamespace = try reader.text(.metricNamespace) ?? "Sluice"
        guard (1...255).contains(metricNamespace.utf8.count), metricNamespace.utf8.allSatisfy(Self.isPlain) else {
            throw reader.problem(.metricNamespace, "write up to 255 letters, digits and any of . - _ / # :")
        }
        alertWebhook = try reader.webAddress(.alertWebhook)
        // Without somebody to tell, the secret is of no use and not looked at.
        alertSecret = alertWebhook == nil ? nil : try reader.text(.alertSecret).map(Secret.init)
        historyKept = try reader.number(.historyDays, in: 1...36_500, "whole days").map { .seconds($0 * 86_400) }
        databaseURL = try reader.text(.databaseURL).map(Secret.init)
        ecsMetadataURL = try reader.webAddress(.ecsMetadata)
        ecsAgentURL = try reader.webAddress(.ecsAgent)
    }

    /// Without an address, the rest is of no use and not looked at.
    private static func chroma(_ reader: SettingsReader) throws(SettingsProblem) -> ChromaSettings? {
        guard let url = try reader.text(.chromaURL) else { return nil }
        // What stands before an @ would be a password, or in a query a token, and this is no secret.
        guard WebAddress.isUsable(url), !url.contains(where: { "@?#".contains($0) }) else {
            throw SettingsProblem(
                "SLUICE_CHROMA_URL must be such as http://127.0.0.1:8000, without user, password and query")
        }
        let collection = try reader.text(.chromaCollection) ?? "passages"
        guard collection.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]/) != nil else {
            throw reader.problem(.chromaCollection, "write 3 to 63 letters, digits and any of . _ - between them")
        }
        return ChromaSettings(
            url: url, tenant: try reader.text(.chromaTenant) ?? "default_tenant",
            database: try reader.text(.chromaDatabase) ?? "default_database", collection: collection,
            token: try reader.text(.chromaToken).map(Secret.init),
            embedder: try reader.text(.chromaEmbedder) ?? "lexical")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: ".-_/#:".utf8.contains(byte)
        }
    }
}

extension SettingsReader {
    /// Shows no value: what is written there may hold a secret.
    fileprivate func webAddress(_ setting: Setting) throws(SettingsProblem) -> String? {
        guard let text = try text(setting) else { return nil }
        guard WebAddress.isUsable(text) else {
            throw SettingsProblem(
                "\(setting.variable) is no address that can be asked: write it as https://host:port or http://host:port,"
                    + " an IPv6 address in brackets, without spaces")
        }
        return text
    }

    fileprivate func number(
        _ setting: Setting, in range: ClosedRange<Int>, _ noun: String
    ) throws(SettingsProblem) -> Int? {
        guard let text = try text(setting) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw problem(setting, "write \(noun) from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    fileprivate func word<Word: RawRepresentable<String> & CaseIterable>(
        _ setting: Setting
    ) throws(SettingsProblem) -> Word? {
        guard let text = try text(setting) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw problem(setting, "write one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }
}
