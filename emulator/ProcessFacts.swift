import FoundationEssentials
import Glibc

/// What the kernel knows of this process.
enum ProcessFacts {
    /// How long ago the process started, from the kernel's own record, which has steps of 10 ms; nil where it has none.
    ///
    /// Field 22 of `/proc/self/stat` counts clock ticks since boot (<https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>).
    static func age() -> Duration? {
        guard let stat = text("/proc/self/stat"), let afterName = stat.lastIndex(of: ")") else { return nil }
        // The first field after the name is number 3.
        let fields = stat[stat.index(after: afterName)...].split(separator: " ")
        guard fields.count > 19, let ticks = Int64(fields[19]) else { return nil }
        var now = timespec()
        guard unsafe clock_gettime(CLOCK_BOOTTIME, &now) == 0 else { return nil }
        let started = Duration.seconds(ticks) / sysconf(Int32(_SC_CLK_TCK))
        return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec) - started
    }

    /// Memory in use, in bytes; nil where the kernel does not say.
    static func residentBytes() -> Int? {
        guard let fields = text("/proc/self/statm")?.split(separator: " "), fields.count > 1,
            let pages = Int(fields[1])
        else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    private static func text(_ path: String) -> String? {
        // Files of /proc have no size, so they are read until their end.
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
