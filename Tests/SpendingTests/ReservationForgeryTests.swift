import Foundation
import Testing

@Suite("A reservation", .timeLimit(.minutes(2)))
struct ReservationForgeryTests {
    @Test("shows its facts to other modules of the package")
    func control() throws {
        let result = try Compiler().compile(
            """
            import Spending
            func facts(_ reservation: borrowing Reservation) -> String {
                "\\(reservation.holdID) \\(reservation.bound) \\(reservation.call.id.questionID)"
            }
            func end(_ governor: CostGovernor, _ reservation: consuming Reservation) async throws {
                try await governor.release(reservation)
            }
            """)
        #expect(result == "")
    }

    @Test(
        "cannot be made, copied or used twice outside of its module",
        arguments: [
            (
                """
                import Spending
                func forge(_ call: PaidCall) -> Reservation {
                    Reservation(holdID: "1", call: call, bound: .zero)
                }
                """, "'Reservation' initializer is inaccessible due to 'internal' protection level"
            ),
            (
                """
                import Spending
                func copy(_ reservation: borrowing Reservation) -> Reservation {
                    let other = reservation
                    return other
                }
                """, "'reservation' is borrowed and cannot be consumed"
            ),
            (
                """
                import Spending
                func twice(_ governor: CostGovernor, _ reservation: consuming Reservation) async throws {
                    try await governor.release(reservation)
                    try await governor.release(reservation)
                }
                """, "'reservation' consumed more than once"
            ),
            (
                """
                import Spending
                func keep(_ reservation: consuming Reservation) -> [Reservation] { [reservation] }
                """, "does not conform to protocol 'Copyable'"
            ),
        ])
    func forgeries(_ source: String, _ complaint: String) throws {
        let result = try Compiler().compile(source)
        #expect(result.contains(complaint), "\(result)")
    }
}

/// The Swift compiler, on the modules of this build and in the name of this package.
private struct Compiler {
    private let arguments: [String]

    init() throws {
        // The tests' own program lies beside the modules that it was built from.
        let binaries = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let scratch = binaries.deletingLastPathComponent().deletingLastPathComponent()
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        // SwiftPM names a root package by its folder: lower case, as an identifier.
        let name = String(
            root.lastPathComponent.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        arguments = [
            "-emit-sil", "-o", "/dev/null", "-swift-version", "6", "-package-name", name,
            "-I", binaries.appending(path: "Modules").path(),
            // The C modules that dependencies of Spending import.
            "-Xcc", "-I\(scratch.appending(path: "checkouts/Yams/Sources/CYaml/include").path())",
            "-Xcc", "-fmodule-map-file=\(root.appending(path: "Sources/COpenSSL/module.modulemap").path())",
        ]
    }

    /// What the compiler complains about; empty where it accepts the source.
    func compile(_ source: String) throws -> String {
        try TextFolder.read(["main.swift": source]) { folder in
            let process = Process()
            let complaints = Pipe()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["swiftc"] + arguments + ["-parse-as-library", "\(folder)/main.swift"]
            process.standardError = complaints
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            let text = try complaints.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            #expect((process.terminationStatus == 0) == text.isEmpty)
            return String(decoding: text, as: UTF8.self)
        }
    }
}
