import Composition
import FoundationEssentials
import FunctionKit
import Logging
import Settings

extension ConfiguredCalls {
    /// What a manifest has the program's functions ask.
    ///
    /// - Throws: `YAMLProblem`, or `SettingsProblem`.
    init(of manifest: String) throws {
        let settings = try Settings(environment: ProcessInfo.processInfo.environment)
        try self.init(
            manifest: manifest, functions: SluiceProgram.functions,
            logger: ProcessLogger.make(settings, level: .warning))
    }
}
