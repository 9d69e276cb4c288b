import ArgumentParser

/// The option that says why something is decided.
struct ReasonArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Why, for those who read the journal.", valueName: "text"))
    var reason: String
}
