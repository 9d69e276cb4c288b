import Foundation
import Logging
import Settings
import TestSupport
import Testing

@Suite("Settings")
struct SettingsTests {
    private func problem(_ environment: [String: String]) -> String? {
        do throws(SettingsProblem) {
            _ = try Settings(environment: environment)
            return nil
        } catch {
            return error.description
        }
    }

    private func file(_ text: String, in folder: TemporaryFolder, name: String = "settings.yaml") throws -> String {
        let file = folder.url.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    @Test("have the documented defaults")
    func defaults() throws {
        let settings = try Settings(environment: ["SLUICE_DRAIN_SECONDS": "", "HOME": "/root"])
        #expect(settings.brokerURL == nil)
        #expect(settings.bedrockEndpoint == nil)
        #expect(settings.drainTime == .seconds(70))
        #expect(settings.listenAddress == "127.0.0.1")
        #expect(settings.listenPort == 8080)
        #expect(settings.logLevel == nil)
        #expect(settings.logFormat == nil)
        #expect(settings.metricFormat == .prometheus)
        #expect(settings.metricPeriod == .seconds(60))
        #expect(settings.metricNamespace == "Sluice")
        #expect(settings.alertWebhook == nil)
        #expect(settings.historyKept == nil && settings.databaseURL == nil)
        #expect(settings.ecsAgentURL == nil)
    }

    @Test("Chroma's settings have Chroma's own defaults, and are not looked at without an address")
    func chroma() throws {
        #expect(try Settings(environment: ["SLUICE_CHROMA_COLLECTION": "?"]).chroma == nil)
        let settings = try Settings(environment: [
            "SLUICE_CHROMA_URL": "http://127.0.0.1:8000", "SLUICE_CHROMA_TOKEN": "sesame",
        ])
        let chroma = try #require(settings.chroma)
        #expect(chroma.url == "http://127.0.0.1:8000" && chroma.token?.text == "sesame")
        #expect(
            [chroma.tenant, chroma.database, chroma.collection, chroma.embedder]
                == ["default_tenant", "default_database", "passages", "lexical"])
        for (url, collection, text) in [
            ("127.0.0.1:8000", "passages", "http://127.0.0.1:8000"), ("http://a:secret@h", "passages", "without user"),
            ("http://h", "a", "write 3 to 63"), ("http://h", "a b c", "write 3 to 63"),
        ] {
            let problem = try #require(throws: SettingsProblem.self) {
                try Settings(environment: ["SLUICE_CHROMA_URL": url, "SLUICE_CHROMA_COLLECTION": collection])
            }
            #expect("\(problem)".contains(text) && !"\(problem)".contains("secret"))
        }
    }

    @Test("are read from the environment, each by its variable")
    func environment() throws {
        let settings = try Settings(environment: [
            "SLUICE_BROKER_URL": "amqp://a:b@h", "SLUICE_BEDROCK_ENDPOINT": "http://127.0.0.1:9",
            "SLUICE_DRAIN_SECONDS": "7", "SLUICE_LISTEN_ADDRESS": "::1", "SLUICE_LISTEN_PORT": "0",
            "SLUICE_LOG_LEVEL": "debug", "SLUICE_LOG_FORMAT": "text", "SLUICE_METRIC_FORMAT": "emf",
            "SLUICE_METRIC_SECONDS": "5", "SLUICE_METRIC_NAMESPACE": "Shop/Sluice",
            "SLUICE_ALERT_WEBHOOK": "https://a/", "SLUICE_ALERT_SECRET": "0123456789abcdef",
            "SLUICE_HISTORY_DAYS": "30", "DATABASE_URL": "postgres://x",
            "ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x",
            "ECS_AGENT_URI": "http://169.254.170.2/api/x",
        ])
        #expect(settings.brokerURL?.text == "amqp://a:b@h")
        #expect(settings.bedrockEndpoint == "http://127.0.0.1:9")
        #expect(settings.drainTime == .seconds(7))
        #expect(settings.listenAddress == "::1")
        #expect(settings.listenPort == 0)
        #expect(settings.logLevel == .debug)
        #expect(settings.logFormat == .text)
        #expect(settings.metricFormat == .emf)
        #expect(settings.metricPeriod == .seconds(5))
        #expect(settings.metricNamespace == "Shop/Sluice")
        #expect(settings.alertWebhook == "https://a/")
        #expect(settings.alertSecret?.text == "0123456789abcdef")
        #expect(settings.historyKept == .seconds(2_592_000))
        #expect(settings.databaseURL?.text == "postgres://x")
        #expect(settings.ecsMetadataURL == "http://169.254.170.2/v4/x")
        #expect(settings.ecsAgentURL == "http://169.254.170.2/api/x")
    }

    @Test(
        "an address that no client can use stops the start, in each setting that names one",
        arguments: [
            "http://::1:38117", "http://", "https:///x", "http://:80", "http://x y", "x", "ftp://x", "http://[::1",
            "http://[]",
            "http://[1.2.3.4]", "http://300.1.1.1", "http://x:0", "http://x:99999", "http://x:port", "http://x:",
            "http://..",
        ])
    func unusableAddress(url: String) {
        for variable in [
            "SLUICE_BEDROCK_ENDPOINT", "SLUICE_ALERT_WEBHOOK", "ECS_AGENT_URI", "ECS_CONTAINER_METADATA_URI_V4",
            "SLUICE_CHROMA_URL",
        ] {
            let problem = #expect(throws: SettingsProblem.self) { try Settings(environment: [variable: url]) }
            #expect(problem.map { "\($0)".contains(variable) } ?? false)
        }
    }

    @Test(
        "an address that a client can use is taken as it is",
        arguments: [
            "http://[::1]:38117", "https://bedrock-runtime.ap-south-1.amazonaws.com", "http://localhost:9/a/b?c=d",
            "http://127.0.0.1:65535/", "http://[fe80::1%25eth0]:9", "http://my_host.internal.:80",
        ])
    func usableAddress(url: String) throws {
        #expect(try Settings(environment: ["SLUICE_BEDROCK_ENDPOINT": url]).bedrockEndpoint == url)
        #expect(try Settings(environment: ["ECS_AGENT_URI": url]).ecsAgentURL == url)
    }

    @Test("come from the environment before the file, and from the file before the default")
    func precedence() throws {
        let folder = try TemporaryFolder()
        let path = try file("drain: {seconds: 10}\nlisten: {port: 9, address: 0.0.0.0}\n", in: folder)
        let settings = try Settings(environment: ["SLUICE_SETTINGS": path, "SLUICE_LISTEN_PORT": "10"])
        #expect(settings.drainTime == .seconds(10))
        #expect(settings.listenPort == 10)
        #expect(settings.listenAddress == "0.0.0.0")
        #expect(settings.metricPeriod == .seconds(60))
    }

    @Test(
        "say in one line what to write instead",
        arguments: [
            (
                ["SLUICE_DRAIN_SECONDS": "soon"],
                "SLUICE_DRAIN_SECONDS is `soon`; write whole seconds from 0 to 3600"
            ),
            (["SLUICE_DRAIN_SECONDS": "-1"], "SLUICE_DRAIN_SECONDS is `-1`; write whole seconds from 0 to 3600"),
            (["SLUICE_LISTEN_PORT": "70000"], "SLUICE_LISTEN_PORT is `70000`; write a port from 0 to 65535"),
            (
                ["SLUICE_LOG_LEVEL": "loud"],
                "SLUICE_LOG_LEVEL is `loud`; write one of trace, debug, info, notice, warning, error, critical"
            ),
            (["SLUICE_LOG_FORMAT": "xml"], "SLUICE_LOG_FORMAT is `xml`; write one of json, text"),
            (["SLUICE_METRIC_FORMAT": "x"], "SLUICE_METRIC_FORMAT is `x`; write one of prometheus, emf"),
            (["SLUICE_METRIC_SECONDS": "0"], "SLUICE_METRIC_SECONDS is `0`; write whole seconds from 1 to 3600"),
            (
                ["SLUICE_METRIC_NAMESPACE": "a b"],
                "SLUICE_METRIC_NAMESPACE is `a b`; write up to 255 letters, digits and any of . - _ / # :"
            ),
            (
                ["SLUICE_BEDROCK_ENDPOINT": "ftp://x"],
                "SLUICE_BEDROCK_ENDPOINT is no address that can be asked: write it as https://host:port or"
                    + " http://host:port, an IPv6 address in brackets, without spaces"
            ),
            (
                ["SLUICE_LISTEN_ADDRESS": "*"],
                "SLUICE_LISTEN_ADDRESS is `*`; write 0.0.0.0 for all addresses, or :: for those of IPv6 too"
            ),
            (
                ["SLUICE_BEDROCK_ENDPOINT": "http://x "],
                "SLUICE_BEDROCK_ENDPOINT begins or ends with a space, or holds a line break; write it without"
            ),
            (
                ["SLUICE_BROKER_URL": "amqp://x\n"],
                "SLUICE_BROKER_URL begins or ends with a space, or holds a line break; write it without"
            ),
            (
                ["SLUICE_CHROMA_URL": "http://x", "SLUICE_CHROMA_TOKEN": " t"],
                "SLUICE_CHROMA_TOKEN begins or ends with a space, or holds a line break; write it without"
            ),
            (["SLUICE_DRAIN_SECOND": "1"], "SLUICE_DRAIN_SECOND is no setting; did you mean SLUICE_DRAIN_SECONDS?"),
            (["SLUICE_SETTINGS": "/nowhere.yaml"], "/nowhere.yaml: the file cannot be read; SLUICE_SETTINGS names it"),
            (
                ["SLUICE_BROKER_URL": "amqp://x", "SLUICE_BROKER_URL_FILE": "/x"],
                "both SLUICE_BROKER_URL and SLUICE_BROKER_URL_FILE are set: unset one"
            ),
        ] as [([String: String], String)])
    func problems(environment: [String: String], text: String) {
        #expect(problem(environment) == text)
    }

    @Test("leave variables alone that platforms make for a service of this name")
    func foreign() {
        #expect(problem(["SLUICE_SERVICE_HOST": "10.0.0.1", "SLUICE_PORT_8080_TCP": "tcp://10.0.0.1:8080"]) == nil)
    }

    @Test(
        "of a file name its line",
        arguments: [
            ("drain: {secs: 1}\n", ":1: unknown key `drain.secs`; the keys here are `seconds`"),
            ("log: {level: info}\ndrian: {seconds: 1}\n", ":2: unknown key `drian`; did you mean `drain`?"),
            ("drain: {seconds: x}\n", ": drain.seconds is `x`; write whole seconds from 0 to 3600"),
            (
                "broker:\n  url: amqp://u:HIDDEN@h\n",
                ":2: `broker.url`: a secret does not belong in this file; set SLUICE_BROKER_URL, "
                    + "or name a file in `broker.url_file`"
            ),
            ("database: {url: HIDDEN}\n", ":1: unknown key `database`"),
        ])
    func fileProblems(text: String, says: String) throws {
        let folder = try TemporaryFolder()
        let path = try file(text, in: folder)
        let found = try #require(problem(["SLUICE_SETTINGS": path]))
        #expect(found.hasPrefix(path + says), "\(found)")
        #expect(!found.contains("HIDDEN"))
    }

    @Test(
        "take a secret of a file without one line break at its end",
        arguments: ["", "\n", "\r\n"])
    func secretFile(ending: String) throws {
        let folder = try TemporaryFolder()
        let secret = try file("amqp://u:p@h" + ending, in: folder, name: "secret")
        #expect(try Settings(environment: ["SLUICE_BROKER_URL_FILE": secret]).brokerURL?.text == "amqp://u:p@h")
        let settings = try file("broker: {url_file: \(secret)}\n", in: folder)
        #expect(try Settings(environment: ["SLUICE_SETTINGS": settings]).brokerURL?.text == "amqp://u:p@h")
    }

    @Test("refuse a secret with more at its end than that", arguments: ["\n\n", " \n", "\r", "\t"])
    func secretEnd(ending: String) throws {
        let folder = try TemporaryFolder()
        let secret = try file("amqp://u:p@h" + ending, in: folder, name: "secret")
        #expect(
            problem(["SLUICE_BROKER_URL_FILE": secret])
                == "SLUICE_BROKER_URL begins or ends with a space, or holds a line break; write it without")
    }

    @Test("refuse a secret's file that is none")
    func unreadable() throws {
        let folder = try TemporaryFolder()
        for path in [folder.path, folder.url.appending(path: "missing").path] {
            #expect(
                problem(["SLUICE_BROKER_URL_FILE": path])
                    == "the file that SLUICE_BROKER_URL_FILE names cannot be read: "
                    + "write its path, and let this user read it")
        }
        let large = try file(String(repeating: "s", count: 70_000), in: folder, name: "large")
        #expect(problem(["SLUICE_BROKER_URL_FILE": large])?.contains("holds no secret") == true)
    }

    @Test("show no secret, whatever is done with them")
    func secrets() throws {
        let settings = try Settings(environment: [
            "SLUICE_BROKER_URL": "amqp://u:HIDDEN@h", "SLUICE_ALERT_WEBHOOK": "https://a/",
            "SLUICE_ALERT_SECRET": "HIDDEN-0123456789", "DATABASE_URL": "postgres://u:HIDDEN@h",
        ])
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!"\(settings) \(String(reflecting: settings)) \(dumped)".contains("HIDDEN"))
    }

    @Test("are all in the guide's table, with their keys and defaults, and nothing else is")
    func guide() throws {
        let guide = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Settings/Documentation.docc/Settings.md")
        let rows = try String(contentsOf: guide, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| `") }.map { row in
                row.split(separator: "|").prefix(3).map { $0.trimmingCharacters(in: .whitespaces) }
            }
        let expected = Setting.all.map { setting in
            let isOurs = setting.variable.hasPrefix("SLUICE_")
            let key = isOurs ? "`\(setting.key)\(setting.isSecret ? "_file" : "")`" : "none"
            return ["`\(setting.variable)`", key, setting.defaultText]
        }
        #expect(rows == expected)
    }
}
