// swift-tools-version: 6.2
import PackageDescription

// A program as somebody else writes it: it sees what Sluice offers and nothing more. The project's own package builds the
// same sources for its tests.
let package = Package(
    name: "own-functions",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sluice", path: "../..")],
    targets: [
        .executableTarget(
            name: "OwnFunctions",
            dependencies: [
                .product(name: "ConsumerRights", package: "sluice"), .product(name: "FunctionKit", package: "sluice"),
                .product(name: "Sluice", package: "sluice"),
            ]),
        .testTarget(
            name: "OwnFunctionsTests",
            dependencies: ["OwnFunctions", .product(name: "FunctionTesting", package: "sluice")]),
    ]
)
