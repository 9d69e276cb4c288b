import CCurl
import FunctionKit
import Synchronization

/// What the client's thread does: all transfers at once, asleep until the network or a command wakes it.
///
/// `@safe`: libcurl's handle is its own, made in `init` and freed when the loop ends.
@safe final class TransferLoop: Sendable {
    /// What other threads ask of it.
    enum Command: Sendable {
        case start(
            id: UInt64, HTTPRequest, CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>)
        case cancel(id: UInt64)
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        var isClosed = false
    }

    /// The longest sleep.
    ///
    /// Commands, traffic and deadlines end it early, so its length matters to nobody.
    private static let sleepMax = Duration.seconds(60)

    private let inbox = Mutex(Inbox())
    /// Used by the loop's thread alone, but for `curl_multi_wakeup`, which may be called from any thread
    /// (<https://curl.se/libcurl/c/curl_multi_wakeup.html>) and is, under the inbox's lock, until the inbox is closed.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer

    init(connectionsMax: Int?) throws(HTTPError) {
        // Once a process, before any thread uses libcurl.
        guard Self.isLibraryReady, let multi = unsafe curl_multi_init() else {
            throw .notConnected(reason: "libcurl cannot be started")
        }
        if let connectionsMax {
            unsafe sluice_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connectionsMax)
        }
        unsafe self.multi = multi
    }

    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Hands over a command and wakes the loop.
    ///
    /// A start is handed over by the task that waits for its answer.
    func add(_ command: Command) {
        let refusal: HTTPError? = inbox.withLock { inbox in
            if inbox.isClosed { return .shutDown }
            // A task is marked as cancelled before its handler runs: a start that is let in here comes before its
            // cancel command, and one whose cancel command came before is stopped here.
            if case .start = command, Task.isCancelled { return .cancelled(wasSent: false) }
            inbox.commands.append(command)
            _ = unsafe curl_multi_wakeup(multi)
            return nil
        }
        if let refusal, case .start(_, _, let continuation) = command {
            continuation.resume(returning: .failure(refusal))
        }
    }

    /// Runs on the client's thread until it is told to stop.
    func run() {
        var running: [UInt64: Transfer] = [:]
        var isStopping = false
        var stopped = ProcessClock.stopped
        while !isStopping {
            // Before libcurl reads: whatever has come by the time that is judged is read first.
            let now = ProcessClock.now
            for command in takeCommands() {
                switch command {
                case .start(let id, let request, let continuation):
                    running[id] = start(id, request, continuation)
                case .cancel(let id):
                    if let transfer = running.removeValue(forKey: id) { abandon(transfer) }
                case .stop:
                    isStopping = true
                }
            }
            let stoppedNow = ProcessClock.stopped
            if stoppedNow > stopped { for transfer in running.values { transfer.allow(forStops: stoppedNow) } }
            stopped = stoppedNow
            // libcurl fails here only without memory or files: to go on would spin.
            var count: Int32 = 0
            if unsafe curl_multi_perform(multi, &count) != CURLM_OK { isStopping = true }
            for id in finish(running) { running[id] = nil }
            for (id, transfer) in running where transfer.ends <= now {
                running[id] = nil
                giveUp(transfer)
            }
            if !isStopping, unsafe curl_multi_poll(multi, nil, 0, sleepMilliseconds(running), nil) != CURLM_OK {
                isStopping = true
            }
        }
        for transfer in running.values { abandon(transfer) }
        close()
    }

    /// Until the first transfer is due.
    private func sleepMilliseconds(_ running: [UInt64: Transfer]) -> Int32 {
        let now = ProcessClock.now
        let due = running.values.map { $0.untilDue(at: now) }.min() ?? Self.sleepMax
        return Int32((max(.zero, min(due, Self.sleepMax)) / .milliseconds(1)).rounded(.up))
    }

    private func takeCommands() -> [Command] {
        inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
    }

    private func start(
        _ id: UInt64, _ request: HTTPRequest,
        _ continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>
    ) -> Transfer? {
        guard let transfer = Transfer(id: id, request: request, continuation: continuation),
            unsafe curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
        else {
            continuation.resume(returning: .failure(.invalidRequest))
            return nil
        }
        return transfer
    }

    private func abandon(_ transfer: Transfer) { end(transfer, .cancelled(wasSent: transfer.mayHaveBeenSent)) }

    private func giveUp(_ transfer: Transfer) { end(transfer, .timedOut(wasSent: transfer.mayHaveBeenSent)) }

    private func end(_ transfer: Transfer, _ error: HTTPError) {
        unsafe curl_multi_remove_handle(multi, transfer.easy)
        transfer.continuation.resume(returning: .failure(error))
    }

    /// Answers the transfers that libcurl says have ended, and gives their ids.
    private func finish(_ running: [UInt64: Transfer]) -> [UInt64] {
        var ended: [UInt64] = []
        var remaining: Int32 = 0
        while let message = unsafe curl_multi_info_read(multi, &remaining) {
            guard unsafe message.pointee.msg == CURLMSG_DONE,
                let transfer = running.values.first(where: { unsafe $0.easy == message.pointee.easy_handle })
            else { continue }
            let code = unsafe message.pointee.data.result
            let result = transfer.result(code)
            unsafe curl_multi_remove_handle(multi, transfer.easy)
            transfer.continuation.resume(returning: result)
            ended.append(transfer.id)
        }
        return ended
    }

    private func close() {
        let left = inbox.withLock { inbox in
            inbox.isClosed = true
            defer { inbox.commands = [] }
            return inbox.commands
        }
        for case .start(_, _, let continuation) in left {
            continuation.resume(returning: .failure(.shutDown))
        }
        unsafe curl_multi_cleanup(multi)
    }
}
