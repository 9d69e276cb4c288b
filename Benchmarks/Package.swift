// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who builds or depends on sluice builds it.
//
// What it measures has `package` access, which ends at a package's border, and is no product of the root package. So the
// targets are declared here again, over the same sources: `Shared` is a symbolic link to `../Sources`, `SharedTests` one to
// `../Tests` and `Server` one to the tests' RabbitMQ, because a target's path may not leave its package. Versions and settings are those of the root's manifest.
let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Percentiles.
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // The governor on its SQLite ledger.
        .executableTarget(
            name: "LedgerBenchmark",
            dependencies: [
                "BenchmarkSupport", "Measuring", "SQLite", "Spending", "SpendingSQLite",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),

        // The governor on its PostgreSQL ledger, and the history there.
        .executableTarget(
            name: "PostgresBenchmark",
            dependencies: [
                "BenchmarkSupport", "FunctionKit", "History", "HistoryPostgres", "Measuring", "Postgres",
                "PostgresTestServer", "Spending", "SpendingPostgres", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Reservations and settlements on any ledger.
        .target(
            name: "Measuring",
            dependencies: [
                "BenchmarkSupport", "FunctionKit", "Spending",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]),

        // Reports on a ledger of many entries.
        .executableTarget(
            name: "ReportBenchmark",
            dependencies: [
                "BudgetReport", "FunctionKit", "SQLite", "Spending", "SpendingSQLite",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // The host on RabbitMQ, and what it is compared with.
        .executableTarget(
            name: "HostBenchmark",
            dependencies: [
                "BenchmarkSupport", "FunctionHost", "FunctionKit", "HistorySQLite", "RabbitMQ", "RabbitMQServer",
                "SQLite", "Telemetry",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "BareAMQP", dependencies: ["CRabbitMQ"],
            cSettings: [.headerSearchPath("../../Shared/CRabbitMQ")]),
        .target(
            name: "RabbitMQServer", dependencies: ["HTTPTransport", "TestSupport"], path: "Server",
            exclude: ["RawPublisher.swift"]),

        // Vector queries in Chroma.
        .executableTarget(
            name: "ChromaBenchmark",
            dependencies: [
                "BenchmarkSupport", "FunctionKit", "HTTPTransport", "Retrieval",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]),

        // What the benchmarks share.
        .target(name: "BenchmarkSupport"),

        // What is measured.
        .target(
            name: "FunctionKit", dependencies: [.product(name: "Logging", package: "swift-log")],
            path: "Shared/FunctionKit"),
        .target(
            name: "StrictYAML", dependencies: [.product(name: "Yams", package: "Yams")], path: "Shared/StrictYAML"),
        .systemLibrary(
            name: "COpenSSL", path: "Shared/COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "Hashing", dependencies: ["COpenSSL"], path: "Shared/Hashing"),
        .target(name: "CivilTime", path: "Shared/CivilTime"),
        .target(
            name: "SQLite", dependencies: [.product(name: "GRDB", package: "GRDB.swift")], path: "Shared/SQLite"),
        .target(
            name: "Spending",
            dependencies: [
                "CivilTime", "FunctionKit", "Hashing", "StrictYAML", .product(name: "Logging", package: "swift-log"),
            ], path: "Shared/Spending"),
        .target(
            name: "SpendingSQLite",
            dependencies: ["Spending", "FunctionKit", "SQLite", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Shared/SpendingSQLite"),
        .target(name: "Messaging", path: "Shared/Messaging"),
        .systemLibrary(
            name: "CRabbitMQ", path: "Shared/CRabbitMQ", pkgConfig: "librabbitmq",
            providers: [.apt(["librabbitmq-dev"])]),
        .target(
            name: "RabbitMQ",
            dependencies: ["CRabbitMQ", "Messaging", .product(name: "Logging", package: "swift-log")],
            path: "Shared/RabbitMQ"),
        .target(name: "History", dependencies: ["FunctionKit"], path: "Shared/History"),
        .target(
            name: "HistorySQLite",
            dependencies: ["FunctionKit", "History", "SQLite", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Shared/HistorySQLite"),
        .systemLibrary(
            name: "CPostgres", path: "Shared/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "Postgres", dependencies: ["CPostgres", "FunctionKit", "Hashing"], path: "Shared/Postgres"),
        .target(
            name: "SpendingPostgres", dependencies: ["FunctionKit", "Hashing", "Postgres", "Spending"],
            path: "Shared/SpendingPostgres"),
        .target(
            name: "HistoryPostgres", dependencies: ["FunctionKit", "History", "Postgres"],
            path: "Shared/HistoryPostgres"),
        // Without what needs the testing library.
        .target(
            name: "TestSupport", path: "SharedTests/TestSupport",
            exclude: ["EMFRules.swift", "PrometheusParser.swift"]),
        .target(
            name: "PostgresTestServer", dependencies: ["Postgres", "TestSupport"],
            path: "SharedTests/PostgresTestServer"),
        .target(
            name: "FunctionHost",
            dependencies: [
                "CivilTime", "FunctionKit", "Hashing", "Messaging", "History", "StrictYAML",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], path: "Shared/FunctionHost"),
        .target(
            name: "Telemetry",
            dependencies: [
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], path: "Shared/Telemetry"),
        .systemLibrary(
            name: "CCurl", path: "Shared/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "HTTPTransport", dependencies: ["CCurl", "FunctionKit"], path: "Shared/HTTPTransport"),
        .target(
            name: "Retrieval",
            dependencies: [
                "FunctionKit", "HTTPTransport", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ], path: "Shared/Retrieval"),
        .systemLibrary(name: "CWideCharacters", path: "Shared/CWideCharacters"),
        .target(
            name: "BudgetReport",
            dependencies: ["CWideCharacters", "CivilTime", "FunctionKit", "Spending", "StrictYAML"],
            path: "Shared/BudgetReport", exclude: ["README.md"]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .strictMemorySafety(), .treatAllWarnings(as: .error),
        ]
}
