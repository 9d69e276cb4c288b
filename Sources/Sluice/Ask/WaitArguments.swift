import ArgumentParser
import Composition

/// How long a person waits.
struct WaitArguments: ParsableArguments {
    /// How many seconds, unless told otherwise.
    static let usual = 30

    @Option(help: ArgumentHelp("How long to wait, from 1 to 3600.", valueName: "seconds"))
    var wait = usual

    func validate() throws {
        guard (1...3600).contains(wait) else { throw ValidationError("--wait must be from 1 to 3600") }
    }

    /// The wait, which begins now.
    var patience: Patience { Patience(.seconds(wait)) }
}
