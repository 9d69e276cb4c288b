import Foundation
import TestSupport

/// Another wall clock for a program under test, which runs no faster or slower by it.
enum WrongClock {
    private static let source = SluiceProcess.repository + "/Tests/EndToEndTests/Faults/WrongClock.c"

    /// Compiles the library that tells programs another time.
    ///
    /// - Parameters:
    ///   - seconds: How far their clock is ahead; below zero, behind.
    ///   - folder: Where the library is put; it must be there as long as the programs.
    /// - Returns: What makes a program go by that clock.
    /// - Throws: Where there is no C compiler, which Swift itself needs to link.
    static func environment(secondsAhead seconds: Int, in folder: URL) async throws -> [String: String] {
        // A name of its own, because a library that is in use must not change.
        let library = folder.appending(path: "wrong-clock-\(UUID().uuidString).so").path
        try await ChildProcess.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source])
        return ["LD_PRELOAD": library, "WRONG_CLOCK_OFFSET": "\(seconds)"]
    }
}
