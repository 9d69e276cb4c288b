import Foundation

/// Where and when something was measured.
package struct Machine {
    /// Some lines of text.
    package let description: String

    /// Here and now, with the data in a folder.
    package static func current(folder: String) -> Machine {
        let model = lines("/proc/cpuinfo").first { $0.hasPrefix("model name") }?.split(separator: ":").last
        let kernel = lines("/proc/sys/kernel/osrelease").first ?? "unknown"
        let load = lines("/proc/loadavg").first?.split(separator: " ").first.map(String.init) ?? "unknown"
        let processor = model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
        return Machine(
            description: """
                measured at  \(Date.now.formatted(.iso8601))
                machine      \(ProcessInfo.processInfo.activeProcessorCount) cores, \(processor)
                kernel       \(kernel)
                load before  \(load) (average of the last minute)
                folder       \(folder)
                """)
    }

    /// The process's resident memory in MiB, as the kernel counts it in `VmRSS`.
    package static func residentMiB() -> Double {
        let line = lines("/proc/self/status").first { $0.hasPrefix("VmRSS:") }
        let kibibytes = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) }
        return kibibytes.map { $0 / 1024 } ?? .nan
    }

    /// What the process has used of the processors so far, user and system.
    package static func processorTime() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private static func lines(_ path: String) -> [String] {
        // A kernel without the file leaves its figure out.
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }
}
