import ArgumentParser
import Composition
import Spending

/// The option that names the manifest, for commands that only look at what it asks.
struct ManifestArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The pipeline's manifest. (default: functions/functions.yaml)", valueName: "file"))
    var manifest: String?

    /// What its functions ask; nil where no manifest is named and none comes with the program.
    func configuredCalls() throws -> ConfiguredCalls? {
        if let manifest { return try ConfiguredCalls(of: manifest) }
        // A limit can be changed without one.
        let found = try? InstalledPath.find("functions/functions.yaml", option: "--manifest")
        return found.flatMap { try? ConfiguredCalls(of: $0) }
    }
}
