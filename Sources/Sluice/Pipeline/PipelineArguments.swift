import ArgumentParser
import Composition
import FoundationEssentials
import FunctionKit
import Settings

/// The options that name a pipeline's parts.
struct PipelineArguments: ParsableArguments {
    @OptionGroup var data: DataArguments

    @Option(help: ArgumentHelp("The pipeline's manifest. (default: functions/functions.yaml)", valueName: "file"))
    var manifest: String?

    @Option(help: ArgumentHelp("Budgets, with the price book in prices/. (default: budgets)", valueName: "dir"))
    var budgets: String?

    @Option(
        help: ArgumentHelp("The notes. (default: \(SluiceProgram.functions.notesFolder))", valueName: "dir"))
    var knowledge: String?

    /// What the operator has set.
    ///
    /// - Throws: ``SettingsProblem``.
    func settings() throws -> Settings { try Settings(environment: ProcessInfo.processInfo.environment) }

    /// The options that were given, for another command on the same pipeline.
    var given: [String] {
        let files = [("--manifest", manifest), ("--budgets", budgets), ("--knowledge", knowledge)]
        return data.given
            + files.flatMap { option, file in file.map { [option, $0] } ?? [] }
    }

    /// The budgets' option, where it was given.
    var givenBudgets: [String] { budgets.map { ["--budgets", $0] } ?? [] }

    /// The pipeline's options, with the files that come with the program where none are named.
    func options(
        _ settings: Settings, isEphemeral: Bool = false, makesTables: Bool = false, asksStandIn: Bool = false
    ) throws -> PipelineOptions {
        if settings.bedrockEndpoint != nil, isEphemeral, !asksStandIn {
            throw CommandFailure.wrongArguments(
                "--ephemeral forgets what was spent, so it works with the model's stand-in alone; "
                    + "add --stand-in or leave --ephemeral out")
        }
        var options = PipelineOptions(
            available: SluiceProgram.functions, dataFolder: data.folder, isEphemeral: isEphemeral,
            manifestFile: try manifest ?? InstalledPath.find("functions/functions.yaml", option: "--manifest"),
            budgetsFolder: { [budgets] in try budgets ?? InstalledPath.find("budgets", option: "--budgets") },
            knowledgeFolder: { [knowledge, notes = SluiceProgram.functions.notesFolder] in
                try knowledge ?? InstalledPath.find(notes, option: "--knowledge")
            },
            settings: settings)
        options.makesTables = makesTables
        options.asksStandIn = asksStandIn
        return options
    }
}

/// The formats that a person and a program read.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
