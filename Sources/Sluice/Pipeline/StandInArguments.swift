import ArgumentParser

/// The option that asks the model's stand-in wherever that is.
struct StandInArguments: ParsableArguments {
    @Flag(help: "Ask the model's stand-in, whatever is set and whosever the data are.")
    var standIn = false

    /// The option, where it was given, for another command likewise.
    var given: [String] { standIn ? ["--stand-in"] : [] }
}
