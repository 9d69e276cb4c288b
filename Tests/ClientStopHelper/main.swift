import FunctionKit
import HTTPTransport

// ClientStopHelper URL MILLISECONDS: asks once, with so much time, and prints the answer's status or why there is none; then
// how long the time went on by the process's own clock, in milliseconds.

guard CommandLine.arguments.count == 3, let milliseconds = Int(CommandLine.arguments[2]) else {
    fatalError("usage: ClientStopHelper URL MILLISECONDS")
}
let client = try HTTPClient()
let start = ProcessClock.now
do throws(HTTPError) {
    let response = try await client.send(
        HTTPRequest(method: "POST", url: CommandLine.arguments[1], timeout: .milliseconds(milliseconds)))
    print(response.status)
} catch {
    print(error)
}
print(Int(start.duration(to: .now) / .milliseconds(1)))
await client.shutdown()
