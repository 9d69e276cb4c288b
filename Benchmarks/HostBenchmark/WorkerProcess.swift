import Foundation

/// A process that is measured or measures.
///
/// Started without Foundation, which sees the end of a process by a socket that others may hold open for as long as
/// they run. The calls block: nothing else is to be done meanwhile.
struct WorkerProcess {
    /// It did not start, or ended before it should.
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    let pid: pid_t
    private let name: String
    private let output: FileHandle

    init(_ program: String, _ arguments: [String], environment: [String: String]) throws {
        name = URL(filePath: program).lastPathComponent
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw Failed(description: "no pipe can be made") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        output = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        // This thread's mask blocks SIGTERM, and a child inherits it.
        var attributes = posix_spawnattr_t()
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        var words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        var pid: pid_t = 0
        let problem = unsafe posix_spawn(&pid, program, &actions, &attributes, &words, &variables)
        unsafe (words + variables).forEach { unsafe free($0) }
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
        close(ends[1])
        guard problem == 0 else { throw Failed(description: "\(program) cannot be started") }
        self.pid = pid
    }

    /// Waits for its first line, which the programs print at once.
    func firstLine() -> String { String(decoding: output.availableData, as: UTF8.self) }

    /// Waits until it has ended by itself, and gives what it printed.
    func result() throws -> String {
        let data = output.readDataToEndOfFile()
        guard wait() == 0 else { throw Failed(description: "\(name) failed; its errors are above") }
        return String(decoding: data, as: UTF8.self)
    }

    /// Tells it to end, and waits until it has.
    func end() {
        kill(pid, SIGTERM)
        _ = wait()
    }

    private func wait() -> Int32 {
        var status: Int32 = -1
        unsafe waitpid(pid, &status, 0)
        return status
    }
}

/// What the kernel knows of a process.
enum ProcessFigures {
    /// What a process has used of the processors so far, user and system, in seconds.
    static func processorSeconds(_ pid: Int32) -> Double {
        // In `proc(5)` the fields are counted from the state on, which comes after the name in brackets.
        let fields = text("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Its resident memory now in MB of a million bytes.
    static func residentMegabytes(_ pid: Int32) -> Double {
        let line = text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let kibibytes = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) }
        return kibibytes.map { $0 * 1024 / 1e6 } ?? .nan
    }

    private static func text(_ path: String) -> String {
        // A process that has ended has no figures.
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
