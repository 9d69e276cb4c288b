import Foundation
import PostgresTestServer
import RabbitMQServer
import TestSupport
import Testing

@Suite("sluice host ends in the drain's seconds and one more, with 0", .serialized, .timeLimit(.minutes(5)))
struct EndingTests {
    private static let drainSeconds = 1

    private static func start(_ world: HostWorld, _ environment: [String: String]) async throws -> HostRun {
        try await HostRun.start(
            in: world.folder, ["--manifest", "m.yaml"],
            environment: world.environment.merging(["SLUICE_DRAIN_SECONDS": "\(drainSeconds)"]) { $1 }
                .merging(environment) { $1 })
    }

    /// Tells a host to end and checks how it does.
    private static func end(_ host: HostRun) async throws {
        let clock = ContinuousClock.now
        host.process.signal(SIGTERM)
        _ = try await host.line("host drained")
        #expect(await host.process.status() == 0)
        #expect(.now - clock < .seconds(drainSeconds + 1))
    }

    /// Checks that a host with nothing under way waits for nobody who does not answer.
    private static func endIdle(_ world: HostWorld, _ environment: [String: String], frozen: () -> Void) async throws {
        let host = try await start(world, environment.merging(["SLUICE_DRAIN_SECONDS": "60"]) { $1 })
        frozen()
        let clock = ContinuousClock.now
        host.process.signal(SIGTERM)
        _ = try await host.line("host drained")
        #expect(await host.process.status() == 0)
        // Half a second, and what a busy machine needs; no server's time-out is that short.
        #expect(.now - clock < .seconds(4))
    }

    /// Questions over HTTP that nobody waits for.
    private static func ask(_ host: HostRun, _ count: Int) throws -> [RawConnection] {
        let port = try #require(Int(host.address.split(separator: ":").last ?? ""))
        return try (0..<count).map { _ in
            let body = #"{"question": "The phone I bought is faulty."}"#
            return try RawConnection(
                to: port,
                sending: "POST /v1/questions HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
    }

    /// Waits until so many results of a function wait to be published: all that it has in hand is invoked, beside what the
    /// door may have asked of it.
    ///
    /// Nothing tells of that but the metrics.
    private static func resultsWait(_ count: Int, of function: String, in host: HostRun) async throws {
        let inHand = "host_deliveries_in_flight{function=\(function)}"
        let invoked = "host_invocation_duration_seconds_count{function=\(function),outcome=output}"
        var samples: [String: Double] = [:]
        while samples[inHand] != Double(count) || samples[invoked] ?? 0 < Double(count) {
            try await Task.sleep(for: .milliseconds(50))
            samples = try PrometheusParser.samples(try await host.get("/metrics").body)
        }
    }

    @Test("under 200 half-sent bodies, heads and unread answers", arguments: [false, true])
    func halfSent(twice: Bool) async throws {
        try await HostWorld.run(manifest: HostWorld.manifest(concurrency: 4)) { world in
            let host = try await Self.start(world, HostRun.unused)
            let port = try #require(Int(host.address.split(separator: ":").last ?? ""))
            let head = "POST /v1/questions HTTP/1.1\r\nHost: a\r\n"
            let beginnings = [
                head + "Content-Length: 100\r\n\r\n{\"question\":",
                head + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"que\r\n", head,
            ]
            var clients = try (0..<200).map { try RawConnection(to: port, sending: beginnings[$0 % 3]) }
            // One that asks for more than a socket holds, and reads nothing of it.
            let pages = String(repeating: "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", count: 600)
            clients.append(try RawConnection(to: port, sending: pages))
            #expect(try await host.get("/healthz").status == 200)
            if twice { host.process.signal(SIGTERM) }
            try await Self.end(host)
            #expect(clients.count == 201)
        }
    }

    @Test("an emulator too, under 200 half-sent bodies and heads")
    func halfSentToEmulator() async throws {
        let folder = try TemporaryFolder()
        let emulator = try SluiceProcess(
            ["emulate", "--port", "0"], in: folder.url, environment: ["SLUICE_DRAIN_SECONDS": "\(Self.drainSeconds)"])
        let ready = try #require(await emulator.line(with: "ready on"), "\(emulator.errors)")
        let port = try #require(ready.firstMatch(of: /127\.0\.0\.1:(\d+)/).flatMap { Int($0.1) })
        let clients = try (0..<200).map { number in
            let path = ["/v1/questions", "/2015-03-31/functions/pii-filter/invocations"][number % 2]
            let head = "POST \(path) HTTP/1.1\r\nHost: a\r\n"
            return try RawConnection(
                to: port,
                sending: [
                    head + "Content-Length: 100\r\n\r\n{\"question\":",
                    head + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"que\r\n", head,
                ][number % 3])
        }
        let alive = try RawConnection(
            to: port, sending: "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(try await alive.rest().hasPrefix("HTTP/1.1 200"))
        let clock = ContinuousClock.now
        emulator.signal(SIGTERM)
        #expect(await emulator.status() == 0)
        #expect(.now - clock < .seconds(Self.drainSeconds + 1) && emulator.errors.contains("host drained"))
        #expect(clients.count == 200)
    }

    @Test("while RabbitMQ takes nothing for want of memory, and while it is frozen")
    func broker() async throws {
        let server = try await RabbitMQServer()
        try await ModelServer.run(latency: .seconds(3)) { model in
            let url = server.url(vhost: try await server.newVhost())
            try await HostWorld.run(onRabbitMQ: url, manifest: HostWorld.manifest(concurrency: 8)) { world in
                // Makes the queues.
                #expect(try await Self.start(world, model.environment).end() == 0)
                try await world.ask((0..<8).map { "q\($0)" })
                try await server.control("set_vm_memory_high_watermark", "absolute", "1MB")
                // What its functions give waits for the queue from now on.
                let alarmed = try await Self.start(world, model.environment)
                _ = try await alarmed.line("broker takes no publishes")
                let asked = try Self.ask(alarmed, 1)
                try await Self.resultsWait(4, of: "pii-filter", in: alarmed)
                try await Self.end(alarmed)
                try await server.control("set_vm_memory_high_watermark", "absolute", "1GB")

                let host = try await Self.start(world, model.environment)
                await model.calls(1)
                server.freeze()
                let more = try Self.ask(host, 5)
                try await Self.end(host)
                server.thaw()
                #expect(asked.count + more.count == 6)
            }
        }
        let idle = server.url(vhost: try await server.newVhost())
        try await HostWorld.run(onRabbitMQ: idle, manifest: HostWorld.manifest(concurrency: 4)) { world in
            try await Self.endIdle(world, HostRun.unused) { server.freeze() }
            server.thaw()
        }
    }

    @Test("while PostgreSQL is frozen, which delays no door")
    func postgres() async throws {
        let broker = try await RabbitMQServer.shared()
        let postgres = try await PostgresTestServer()
        try await ModelServer.run { model in
            try await HostWorld.run(
                onRabbitMQ: broker.url(vhost: try await broker.newVhost()), database: .postgres(postgres),
                manifest: HostWorld.manifest(concurrency: 4)
            ) { world in
                let host = try await Self.start(world, model.environment)
                try await world.ask(["q1"])
                await model.calls(1)
                postgres.freeze(true)
                let start = ContinuousClock.now
                for client in try Self.ask(host, 5) { #expect(try await client.rest().hasPrefix("HTTP/1.1 202 ")) }
                #expect(.now - start < .seconds(2))
                let readiness = try await host.get("/readyz")
                #expect(readiness.status == 503 && readiness.body.contains("no answer"), "\(readiness.body)")
                #expect(try await host.get("/metrics").status == 200)
                #expect(.now - start < .seconds(9))
                try await world.ask(["q2", "q3"])
                try await Self.end(host)
                postgres.freeze(false)
            }
            try await HostWorld.run(
                onRabbitMQ: broker.url(vhost: try await broker.newVhost()), database: .postgres(postgres),
                manifest: HostWorld.manifest(concurrency: 4)
            ) { world in
                try await Self.endIdle(world, model.environment) { postgres.freeze(true) }
                postgres.freeze(false)
            }
        }
        await postgres.stop()
    }

    @Test("while nobody reads its log; until then it works as before")
    func unreadLog() async throws {
        let folder = try TemporaryFolder()
        let port = try LoopbackPort.free()
        let process = Process()
        process.executableURL = URL(filePath: SluiceProcess.binary)
        process.arguments = ["host"]
        process.currentDirectoryURL = folder.url
        process.environment = ProcessInfo.processInfo.environment.merging(HostRun.unused) { $1 }.merging([
            "SLUICE_LISTEN_PORT": "\(port)", "SLUICE_DRAIN_SECONDS": "\(Self.drainSeconds)",
            "SLUICE_LOG_LEVEL": "trace", "SLUICE_METRIC_FORMAT": "emf", "SLUICE_METRIC_SECONDS": "1",
            // Not this user's own.
            "XDG_STATE_HOME": folder.path,
        ]) { $1 }
        let log = Pipe()
        // A pipe of a page: full at once.
        _ = fcntl(log.fileHandleForWriting.fileDescriptor, 1031, 4096)
        process.standardOutput = log
        let (ended, feed) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { feed.yield($0.terminationStatus) }
        try process.run()
        while !LoopbackPort.answers(port) { try await Task.sleep(for: .milliseconds(20)) }
        let host = "http://127.0.0.1:\(port)"
        for number in 0..<20 {
            let body = #"{"question": "The phone \#(number) is faulty."}"#
            let client = try RawConnection(
                to: port,
                sending: "POST /v1/questions HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(try await client.rest().hasPrefix("HTTP/1.1 202"))
        }
        let alive = try RawConnection(
            to: port, sending: "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(try await alive.rest().hasPrefix("HTTP/1.1 200"), "\(host)")
        let clock = ContinuousClock.now
        kill(process.processIdentifier, SIGTERM)
        var status: Int32?
        for await ending in ended {
            status = ending
            break
        }
        #expect(status == 0)
        #expect(.now - clock < .seconds(Self.drainSeconds + 1))
    }
}
