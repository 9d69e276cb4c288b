import Foundation
import SpendingAlerts
import Testing

@Suite("The settings of the webhook")
struct AlertWebhookTests {
    private static let secret = "0123456789abcdef"

    private static func url(_ url: String) -> Result<AlertWebhook, AlertWebhookError> {
        read(url, secret: secret)
    }

    private static func read(_ url: String, secret: String) -> Result<AlertWebhook, AlertWebhookError> {
        Result { () throws(AlertWebhookError) in try AlertWebhook(url: url, secret: Data(secret.utf8)) }
    }

    @Test("give ten seconds and five attempts")
    func defaults() throws {
        let webhook = try Self.url("https://alerts.example.org/hook").get()
        #expect(webhook.timeout == .seconds(10))
        #expect(webhook.attemptsMax == 5)
    }

    @Test(
        "take https anywhere and http on loopback, and show the origin alone",
        arguments: [
            ("https://alerts.example.org", "https://alerts.example.org"),
            ("https://alerts.example.org:8443/T0/B1/key?token=x", "https://alerts.example.org:8443"),
            ("HTTPS://alerts.example.org/a%20b", "https://alerts.example.org"),
            ("https://[2001:db8::1]/", "https://[2001:db8::1]"), ("https://10.0.0.1/", "https://10.0.0.1"),
            ("http://localhost:9/x", "http://localhost:9"), ("http://LOCALHOST/", "http://LOCALHOST"),
            ("http://127.0.0.1/", "http://127.0.0.1"), ("http://127.255.0.3:80", "http://127.255.0.3:80"),
            ("http://[::1]:8080/x", "http://[::1]:8080"),
        ])
    func accepted(url: String, origin: String) throws {
        let webhook = try Self.url(url).get()
        #expect(webhook.origin == origin)
        #expect("\(webhook)" == "AlertWebhook(\(origin))")
    }

    @Test(
        "refuse http to another host, however it looks like loopback",
        arguments: [
            "http://alerts.example.org/", "http://127.0.0.1.example.org/", "http://localhost.example.org/",
            "http://10.0.0.1/", "http://0.0.0.0/", "http://127.1/", "http://0127.0.0.1/", "http://127.0.0.01/",
            "http://127.0.0.256/", "http://127.0.0.+1/", "http://2130706433/", "http://[::]/", "http://[::2]/",
            "http://[::ffff:10.0.0.1]/", "http://localhost./", "http://notlocalhost/", "http://128.0.0.1/",
        ])
    func insecure(url: String) {
        #expect(Self.url(url) == .failure(.insecureURL))
    }

    @Test(
        "refuse what is no URL of a web server",
        arguments: [
            "alerts.example.org/hook", "//alerts.example.org", "/hook", "ftp://alerts.example.org", "https://",
            "https:///hook", "https:alerts.example.org", "file:///etc/passwd", "https://a b/", " https://a/",
            "https://a/\n", "https://a/\r\nX: y", "https://exämple.org/", "https://a:0/", "https://a:65536/",
            "https://a:x/", "http://127.0.0.1\\@alerts.example.org/", "https://[::1/", "https://a/{x}",
        ])
    func malformed(url: String) {
        #expect(Self.url(url) == .failure(.malformedURL))
    }

    @Test(
        "refuse a user or a password in the URL",
        arguments: ["https://me@a/", "https://me:pw@a/", "https://:pw@a/", "http://127.0.0.1@alerts.example.org/"])
    func user(url: String) {
        #expect(Self.url(url) == .failure(.userInURL))
    }

    @Test("refuse a fragment in the URL")
    func fragment() {
        #expect(Self.url("https://a/hook#general") == .failure(.fragmentInURL))
        #expect(Self.url("https://a/hook#") == .failure(.fragmentInURL))
    }

    @Test("need a secret of 16 to 4,096 bytes")
    func secretLength() throws {
        func read(_ count: Int) -> Result<AlertWebhook, AlertWebhookError> {
            Self.read("https://a/", secret: String(repeating: "s", count: count))
        }
        #expect(read(15) == .failure(.secretTooShort(bytes: 15)))
        #expect(throws: Never.self) { try read(16).get() }
        #expect(throws: Never.self) { try read(4096).get() }
        #expect(read(4097) == .failure(.secretTooLong))
    }
}
