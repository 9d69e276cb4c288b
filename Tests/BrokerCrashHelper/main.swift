import FoundationEssentials
import Glibc
import Messaging
import MessagingSQLite
import SQLite

// A process of its own on a folder of queues, for the tests of SQLiteBroker. It says each step on its standard output.
//
//     BrokerCrashHelper FOLDER hold COUNT      takes COUNT deliveries, says "holding", stays until its input ends
//     BrokerCrashHelper FOLDER publish ID...   publishes a message for each id, says "published"
//     BrokerCrashHelper FOLDER work FROM TO    publishes FROM..<TO and acknowledges whatever it gets until it was told
//                                              to end by the end of its input; says "published", then each id

func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    // One write, so that lines stay whole; the test notices a line that is missing.
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

@concurrent func waitForEndOfInput() async {
    while readLine() != nil {}
}

func work(_ broker: SQLiteBroker, _ numbers: Range<Int>) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            for number in numbers { try await broker.publish(Message(id: "\(number)", body: Data()), to: "questions") }
            say("published")
        }
        for _ in 0..<2 {
            group.addTask {
                for try await delivery in try await broker.consume("questions", prefetch: 4) {
                    try await broker.acknowledge(delivery)
                    say(delivery.message.id)
                }
            }
        }
        await waitForEndOfInput()
        group.cancelAll()
        try await group.waitForAll()
    }
}

let arguments = CommandLine.arguments
guard arguments.count > 3 else { exit(64) }
let store = try SQLiteStore.open(folder: arguments[1], schemas: [SQLiteBroker.schema])
let broker = try SQLiteBroker(store: store)
switch arguments[2] {
case "hold":
    let stream = try await broker.consume("questions", prefetch: 100)
    var deliveries = stream.makeAsyncIterator()
    for _ in 0..<(Int(arguments[3]) ?? 1) { _ = try await deliveries.next() }
    say("holding")
    await waitForEndOfInput()
case "publish":
    for id in arguments.dropFirst(3) { try await broker.publish(Message(id: id, body: Data()), to: "questions") }
    say("published")
default:
    guard arguments.count == 5, let from = Int(arguments[3]), let end = Int(arguments[4]) else { exit(64) }
    try await work(broker, from..<end)
}
await broker.close()
