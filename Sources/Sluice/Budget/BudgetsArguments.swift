import ArgumentParser

/// The option that names the budgets.
struct BudgetsArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Budgets, with prices/ and rates/ in it. (default: budgets)", valueName: "dir"))
    var budgets: String?

    /// The folder; where none is named, the one that comes with the program.
    func folder() throws -> String {
        try budgets ?? InstalledPath.find("budgets", option: "--budgets")
    }
}
