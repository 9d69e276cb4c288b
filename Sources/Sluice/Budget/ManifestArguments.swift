import ArgumentParser
import Emulator
import Spending

/// The option that names the manifest, for commands that only look at what it asks.
struct ManifestArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The pipeline's manifest. (default: functions/functions.yaml)", valueName: "file"))
    var manifest: String?

    /// The largest calls of its functions; none where no manifest is named and none comes with the program.
    func largestCalls() throws -> [PaidCall] {
        if let manifest { return try ConfiguredCalls(of: manifest).largest }
        // A limit can be changed without one.
        let found = try? InstalledPath.find("functions/functions.yaml", option: "--manifest")
        return (try? found.map { try ConfiguredCalls(of: $0).largest }) ?? []
    }
}
