import Foundation
import RabbitMQServer
import TestSupport
import Testing

@Suite("the start of sluice host", .timeLimit(.minutes(2)))
struct StartTests {
    private static let environment = HostRun.unused.merging(["SLUICE_LISTEN_PORT": "0"]) { $1 }

    @Test("waits 15 s for a RabbitMQ that is away, and goes on as soon as it is there")
    func waitsForBroker() async throws {
        let server = try await RabbitMQServer.shared()
        let vhost = try await server.newVhost()
        let (late, never) = (try LoopbackPort.free(), try LoopbackPort.free())
        let folders = [try TemporaryFolder(), try TemporaryFolder()]
        let hosts = try zip(folders, [late, never]).map { folder, port in
            try SluiceProcess(
                ["host"], in: folder.url,
                environment: Self.environment.merging(["SLUICE_BROKER_URL": server.url(vhost: vhost, port: port)]) {
                    $1
                })
        }
        let start = ContinuousClock.now
        // Both are at it: whoever does not wait has ended by then.
        try await Task.sleep(for: .seconds(4))
        #expect(hosts.allSatisfy { $0.process.isRunning })
        let proxy = try LoopbackProxy(to: server.port, from: late)
        #expect(await hosts[0].line(with: "host ready") != nil, "\(hosts[0].errors)")
        #expect(.now - start < .seconds(12))
        hosts[0].signal(SIGTERM)
        #expect(await hosts[0].status() == 0)
        proxy.close()

        #expect(await hosts[1].status() == 1)
        #expect(.now - start > .seconds(14) && .now - start < .seconds(25))
        #expect(hosts[1].errors.contains("RabbitMQ cannot be reached at 127.0.0.1:\(never)"), "\(hosts[1].errors)")
    }

    @Test("raises the soft limit of descriptors to the hard one")
    func descriptors() async throws {
        let folder = try TemporaryFolder()
        let host = try SluiceProcess(
            ["-c", "ulimit -Sn 150 && ulimit -Hn 4000 && exec \"$0\" host", SluiceProcess.binary], in: folder.url,
            environment: Self.environment, executable: "/bin/sh")
        #expect(await host.line(with: "host ready") != nil, "\(host.errors)")
        let limits = try String(contentsOfFile: "/proc/\(host.process.processIdentifier)/limits", encoding: .utf8)
        let files = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
        #expect(files.split(separator: " ").dropFirst(3).prefix(2) == ["4000", "4000"], "\(files)")
        host.signal(SIGTERM)
        #expect(await host.status() == 0)
    }

    @Test(
        "told to end at any moment of it, it ends at once, and leaves a folder to start on",
        arguments: ["host", "emulate"])
    func endsAtAnyMoment(command: String) async throws {
        let folder = try TemporaryFolder()
        for milliseconds in [0, 3, 10, 30, 60, 100, 150, 220, 300, 500] {
            let process = try SluiceProcess(
                [command] + (command == "emulate" ? ["--port", "0"] : []), in: folder.url,
                environment: Self.environment)
            // Moments are what it is about: most of them have no event.
            try await Task.sleep(for: .milliseconds(milliseconds))
            let clock = ContinuousClock.now
            process.signal(SIGTERM)
            let status = await process.status()
            // Before it has taken its signals, in the system's own way.
            #expect([0, -SIGTERM].contains(status), "\(milliseconds) ms: \(process.errors)")
            #expect(.now - clock < .seconds(2), "\(milliseconds) ms")
        }
        let host = try await HostRun.start(in: folder.url, environment: Self.environment)
        #expect(await host.end() == 0)
        let verify = try await SluiceProcess.run(["budget", "verify"], in: folder.url)
        #expect(verify.status == 0, "\(verify.errors)")
    }
}
