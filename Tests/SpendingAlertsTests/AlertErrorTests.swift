import Foundation
import HTTPTransport
import InMemoryLogging
import Logging
import SpendingAlerts
import Testing

@Suite("What is said when an alert cannot be delivered", .timeLimit(.minutes(1)))
struct AlertErrorTests {
    @Test(
        "names status and remedy in one line",
        arguments: [
            (
                AlertDeliveryError.refused(origin: "https://a", status: 302),
                """
                the alert webhook at https://a answered 302 and is not asked again now: \
                redirects are not followed; write the address it leads to in SLUICE_ALERT_WEBHOOK
                """
            ),
            (
                .refused(origin: "https://a", status: 401),
                """
                the alert webhook at https://a answered 401 and is not asked again now: \
                see that the receiver checks signatures with the secret that is set here
                """
            ),
            (
                .refused(origin: "https://a", status: 404),
                """
                the alert webhook at https://a answered 404 and is not asked again now: \
                correct the path in SLUICE_ALERT_WEBHOOK
                """
            ),
            (
                .refused(origin: "https://a", status: 422),
                """
                the alert webhook at https://a answered 422 and is not asked again now: \
                see the receiver's own log for what it misses
                """
            ),
            (
                .unavailable(origin: "https://a", attempts: 5, last: .status(503)),
                """
                the alert webhook at https://a took the alert in none of 5 attempts, at last status 503: \
                see that it runs and can be reached from here; the alert is kept and sent again later
                """
            ),
            (
                .unavailable(origin: "https://a", attempts: 1, last: .transport(.timedOut(wasSent: true))),
                """
                the alert webhook at https://a took the alert in none of 1 attempts, at last the time was up: \
                see that it runs and can be reached from here; the alert is kept and sent again later
                """
            ),
            (
                .answerTooLarge(origin: "https://a"),
                """
                the alert webhook at https://a answers with more than 1048576 bytes: \
                see that SLUICE_ALERT_WEBHOOK names a receiver of alerts, and let it answer 204 without a body
                """
            ),
            (
                .unsendable(origin: "https://a"),
                "the alert webhook at https://a cannot be asked: write SLUICE_ALERT_WEBHOOK as https://host/path"
            ),
            (
                .cancelled,
                "the alert was not delivered, because the host stops: it is kept and sent again after the next start"
            ),
        ])
    func deliveryErrors(error: AlertDeliveryError, text: String) {
        #expect("\(error)" == text)
    }

    @Test(
        "names the variable and what to write in one line",
        arguments: [
            (
                AlertWebhookError.malformedURL,
                "SLUICE_ALERT_WEBHOOK is no URL: write it as https://host/path, in ASCII"
            ),
            (
                .insecureURL,
                "SLUICE_ALERT_WEBHOOK leaves this machine unencrypted: write https:// (http:// is for loopback alone)"
            ),
            (
                .userInURL,
                "SLUICE_ALERT_WEBHOOK holds a user or password: leave them out; the signature proves the sender"
            ),
            (
                .fragmentInURL,
                "SLUICE_ALERT_WEBHOOK holds a `#`, and what follows is never sent: leave it out, or write %23"
            ),
            (
                .noSecret,
                """
                SLUICE_ALERT_WEBHOOK is set without a secret: write one of at least 16 bytes to a file and name it \
                in SLUICE_ALERT_SECRET_FILE (or set SLUICE_ALERT_SECRET)
                """
            ),
            (
                .secretTooShort(bytes: 3),
                """
                the alert secret has 3 bytes and needs 16: \
                write a longer one, such as `openssl rand -hex 32` gives
                """
            ),
            (
                .secretTooLong,
                """
                the alert secret has more than 4096 bytes: \
                write a shorter one, such as `openssl rand -hex 32` gives
                """
            ),
        ])
    func settingsErrors(error: AlertWebhookError, text: String) {
        #expect("\(error)" == text)
    }

    @Test("holds neither secret nor path, query or body, in no error, log line or description")
    func nothingSecret() async throws {
        let answers: [WebhookReceiver.Answer] = [
            .status(404), .status(302, headers: [("Location", "/PATHKEY")]), .status(503), .hangUp, .hang,
            .status(200, bodyBytes: 2 << 20),
        ]
        var texts: [String] = []
        for answer in answers {
            try await WebhookReceiver.running([answer]) { receiver in
                try await Fixture.running { fixture in
                    let webhook = try Fixture.webhook(
                        receiver.origin + "/PATHKEY?token=QUERYKEY", timeout: .milliseconds(300), attemptsMax: 1)
                    let error = await #expect(throws: AlertDeliveryError.self) {
                        try await fixture.delivery(webhook).deliver(Fixture.alert())
                    }
                    // The request itself carried them, so that this test would see a leak.
                    #expect(receiver.requests.map(\.target) == ["/PATHKEY?token=QUERYKEY"])
                    var dumped = ""
                    dump(webhook, to: &dumped)
                    dump(error, to: &dumped)
                    texts += [dumped, "\(webhook)", String(reflecting: webhook), "\(try #require(error))"]
                    texts += fixture.log.entries.map { "\($0.message) \($0.metadata)" }
                }
            }
        }
        #expect(texts.count == answers.count * 5)
        for text in texts {
            for hidden in ["PATHKEY", "QUERYKEY", "whsec", "threshold_crossed", "v1="] {
                #expect(!text.contains(hidden), "\(hidden) in \(text)")
            }
        }
    }

    @Test("holds nothing that was set, where the settings are wrong")
    func nothingThatWasSet() throws {
        let hidden = "HIDDEN-0123456789"
        let settings = [
            (hidden, hidden), ("https://\(hidden):\(hidden)@a/", hidden), ("http://a/\(hidden)", hidden),
            ("https://a/\(hidden)", "HIDDEN"),
        ]
        for (url, secret) in settings {
            let error = try #require(throws: AlertWebhookError.self) {
                _ = try AlertWebhook(url: url, secret: Data(secret.utf8))
            }
            #expect(!"\(error) \(String(reflecting: error))".contains("HIDDEN"))
        }
    }
}
