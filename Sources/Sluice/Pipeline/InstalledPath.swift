import Composition
import FoundationEssentials

/// Finds a file or folder that comes with the program, for an option that was not given.
enum InstalledPath {
    /// The path from here where it lies in the current folder, else the full one.
    ///
    /// - Throws: ``CommandFailure/failed(_:)`` where it is neither here nor beside the program.
    static func find(_ path: String, option: String) throws -> String {
        let current = FileManager.default.currentDirectoryPath
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        guard let root = InstalledFiles.root(current: current, program: program) else {
            throw CommandFailure.failed("\(path) is neither here nor beside the program; name it with \(option)")
        }
        return root == current ? path : "\(root)/\(path)"
    }
}
