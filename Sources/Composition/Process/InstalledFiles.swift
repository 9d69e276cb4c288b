import FoundationEssentials

/// Finds the files that come with the program: manifest, budgets and notes.
///
/// `Bundle.module` is of no use here: it traps in a binary that was copied elsewhere.
package enum InstalledFiles {
    /// The folder that holds `functions/functions.yaml`: the current one, else the nearest above the program's own.
    ///
    /// - Parameters:
    ///   - current: The current folder.
    ///   - program: The program's path, links resolved.
    /// - Returns: Nil where neither has it.
    package static func root(current: String, program: String) -> String? {
        candidates(current: current, program: program).first { folder in
            FileManager.default.fileExists(atPath: "\(folder)/functions/functions.yaml")
        }
    }

    private static func candidates(current: String, program: String) -> [String] {
        var folders = [current]
        var path = program[...]
        while let slash = path.lastIndex(of: "/") {
            path = path[..<slash]
            folders.append(String(path))
        }
        return folders
    }
}
