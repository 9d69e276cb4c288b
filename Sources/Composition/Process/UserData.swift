import FoundationEssentials
import Glibc

/// Where a user's data lie who names no folder: one place for all, wherever in it the user stands.
package enum UserData {
    /// The name of a data folder beside what it belongs to.
    package static let name = ".sluice"

    /// The nearest `.sluice`, here or above, else the user's own folder for state.
    ///
    /// Above the current folder only what is this user's counts: another's was never theirs. The last is as the XDG Base
    /// Directory Specification has it (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    ///
    /// - Parameters:
    ///   - current: The current folder, from the root.
    ///   - environment: Has `XDG_STATE_HOME`, where it is set; one that is not from the root does not count.
    ///   - home: The user's home.
    /// - Returns: The folder, which need not be there; relative where it is in the current one.
    package static func folder(current: String, environment: [String: String], home: String) -> String {
        if owner(of: "\(current)/\(name)") != nil { return name }
        var folder = current[...]
        while let slash = folder.lastIndex(of: "/") {
            folder = folder[..<slash]
            let candidate = "\(folder)/\(name)"
            if owner(of: candidate) == geteuid() { return candidate }
        }
        let state = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.local/state"
        return "\(state)/sluice"
    }

    /// Whose it is, itself and not what it links to; nil where nothing is.
    private static func owner(of path: String) -> uid_t? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status.st_uid : nil
    }
}
