import FoundationEssentials
import Glibc

/// What the kernel knows of this process.
package enum ProcessFacts {
    /// More descriptors than a host needs: some programs look at each there could be, and a limit may be a billion.
    private static let descriptorsMax: rlim_t = 65_536

    /// What a pipeline has open when nobody asks it anything, with room for what it opens then: files, connections of its
    /// own, and a few for each core.
    package static var descriptorsNeeded: Int { 64 + 4 * sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

    /// How many connections clients may have open at most, and as many again the process itself: more bring no more answers.
    package static func connectionsMax(of descriptors: Int) -> Int {
        max(4, min(1_000, (descriptors - descriptorsNeeded) / 3))
    }

    /// How many of the clients' connections are kept for those who ask how the process does: platforms ask a few times a
    /// minute, and a few at a time.
    package static func placesKept(of connectionsMax: Int) -> Int { min(16, (connectionsMax + 3) / 4) }

    /// How many descriptors the process may have open.
    package static var descriptorLimit: Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the soft limit of descriptors to the hard one: shells and systemd begin with 1,024, for programs that cannot
    /// deal with more.
    package static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let wanted = min(limit.rlim_max, descriptorsMax)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        // Where it fails, the limit stays as it was.
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Memory in use, in bytes; nil where the kernel does not say.
    package static func residentBytes() -> Int? {
        guard let fields = text("/proc/self/statm")?.split(separator: " "), fields.count > 1,
            let pages = Int(fields[1])
        else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Who decides what is journaled: the user and the machine of this process.
    package static var person: String {
        let process = ProcessInfo.processInfo
        return "\(process.userName) on \(process.hostName)"
    }

    /// Who brings what a file or folder holds.
    package static func brings(_ path: String) -> String { "\(person) with \(path)" }

    private static func text(_ path: String) -> String? {
        // Files of /proc have no size, so they are read until their end.
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
