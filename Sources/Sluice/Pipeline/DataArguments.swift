import ArgumentParser
import Composition
import FoundationEssentials

/// The option that names the data folder.
struct DataArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where queue, ledger and history lie. (default: the nearest .sluice, here or above, else ~/.local/state/sluice)",
            valueName: "dir"))
    var data: String?

    /// The folder; where none is named, the user's own.
    var folder: String {
        if let data { return data }
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        return UserData.folder(
            current: FileManager.default.currentDirectoryPath, environment: environment,
            home: home ?? FileManager.default.homeDirectoryForCurrentUser.path)
    }

    /// The option, where it was given, for another command on the same data.
    var given: [String] { data.map { ["--data", $0] } ?? [] }
}
