// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "sluice",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .library(name: "Sluice", targets: ["Sluice"]),
        .library(name: "ConsumerRights", targets: ["ConsumerRights"]),
        .library(name: "FunctionKit", targets: ["FunctionKit"]),
        .library(name: "FunctionTesting", targets: ["FunctionTesting"]),
    ],
    dependencies: [
        // Options and help of the command.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        // Settings: the environment over a file over defaults.
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: []),
        // Names of headers and methods.
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        // Bytes and addresses of the servers.
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        // The parts of requests and answers that pass a server's handlers.
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        // The logger that functions and host share.
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        // Counters and timers.
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        // SQLite: the embedded queue, ledger, history and full-text index.
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        // Servers on loopback: the emulator's door and the Bedrock stand-in.
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        // Manifest, budgets and prices are YAML.
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        // Runs pdftotext.
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
        // Reads back the CSV that reports write, in tests.
        .package(url: "https://github.com/swiftcsv/SwiftCSV", exact: "0.10.0"),
        // Graceful shutdown.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // The contract: all that a function may import.
        .target(name: "FunctionKit", dependencies: [.product(name: "Logging", package: "swift-log")]),
        .target(
            name: "FunctionTesting",
            dependencies: [
                "FunctionKit", "Waiting", .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
            ]),

        // The functions.
        .target(
            name: "PIIFilter", dependencies: ["FunctionKit", .product(name: "Logging", package: "swift-log")],
            path: "functions/pii-filter", exclude: ["README.md", "events"]),
        .target(
            name: "RAGCore", dependencies: ["FunctionKit", .product(name: "Logging", package: "swift-log")],
            path: "functions/rag-core", exclude: ["README.md", "events", "knowledge"]),
        // What the last two hand each other: an answer with its citations.
        .target(name: "Answers", dependencies: ["FunctionKit"]),
        .target(
            name: "LLMConnector",
            dependencies: ["Answers", "FunctionKit", .product(name: "Logging", package: "swift-log")],
            path: "functions/llm-connector", exclude: ["README.md", "events"]),
        .target(
            name: "PSQLWorker", dependencies: ["Answers", "FunctionKit"],
            path: "functions/psql-worker", exclude: ["README.md", "events"]),

        // YAML that is read strictly: unknown keys and bad values with file and line.
        .target(name: "StrictYAML", dependencies: [.product(name: "Yams", package: "Yams")]),
        // One SQLite file, safe for several processes.
        .target(
            name: "SQLite",
            dependencies: [
                "Waiting", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        // PostgreSQL, without a blocking call.
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "Postgres", dependencies: ["CPostgres", "FunctionKit", "Hashing", "Waiting"]),

        // Queues.
        .target(name: "Messaging", dependencies: ["Waiting"]),
        .target(
            name: "MessagingSQLite",
            dependencies: ["Messaging", "SQLite", .product(name: "GRDB", package: "GRDB.swift")]),

        .systemLibrary(name: "CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev"])]),
        .target(
            name: "RabbitMQ",
            dependencies: ["CRabbitMQ", "Messaging", "Waiting", .product(name: "Logging", package: "swift-log")]),

        // How to wait for what may come late or never.
        .target(name: "Waiting"),
        // Days and instants, read strictly.
        .target(name: "CivilTime"),
        // Money.
        .target(
            name: "Spending",
            dependencies: [
                "CivilTime", "FunctionKit", "Hashing", "StrictYAML", "Waiting",
                .product(name: "Logging", package: "swift-log"),
            ]),
        // Telling people of budget alerts: log, metric, webhook.
        .target(
            name: "SpendingAlerts",
            dependencies: [
                "Hashing", "HTTPTransport", "Spending", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "SpendingSQLite",
            dependencies: ["Spending", "FunctionKit", "SQLite", .product(name: "GRDB", package: "GRDB.swift")]),
        .target(name: "SpendingPostgres", dependencies: ["FunctionKit", "Hashing", "Postgres", "Spending"]),

        // What became of each message of each pipeline.
        .target(name: "History"),
        .target(
            name: "HistorySQLite",
            dependencies: ["FunctionKit", "History", "SQLite", .product(name: "GRDB", package: "GRDB.swift")]),
        .target(name: "HistoryPostgres", dependencies: ["FunctionKit", "History", "Postgres", "Waiting"]),

        // The model.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "HTTPTransport", dependencies: ["CCurl", "CivilTime", "FunctionKit"]),
        // How each server here is run.
        .target(
            name: "HTTPServing",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // SHA-256 and its HMAC.
        .target(name: "Hashing", dependencies: ["COpenSSL"]),
        .target(
            name: "Bedrock",
            dependencies: [
                "CivilTime", "FunctionKit", "Spending", "HTTPTransport", "Hashing",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "BedrockStandIn",
            dependencies: [
                "Bedrock", "FunctionKit", "Hashing", "HTTPServing",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "emulator/BedrockStandIn"),

        // Passages.
        .target(
            name: "Retrieval",
            dependencies: [
                "FunctionKit", "HTTPTransport", "Waiting", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        // Files, cut to passages, into Chroma.
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .target(
            name: "Ingestion",
            dependencies: [
                "CLibXML2", "FunctionKit", "Hashing", "Retrieval", "Waiting",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ]),

        // What a command reports, before any format; and the formats.
        .systemLibrary(name: "CWideCharacters"),
        .target(name: "Documents", dependencies: ["CWideCharacters", "CivilTime", "Spending"]),
        // What is spent, as people look at it.
        .target(
            name: "BudgetReport", dependencies: ["CivilTime", "Documents", "FunctionKit", "Spending", "StrictYAML"],
            exclude: ["README.md"]),

        // Dispatch, retry, drain.
        .target(
            name: "FunctionHost",
            dependencies: [
                "CivilTime", "FunctionKit", "Hashing", "Messaging", "History", "StrictYAML", "Waiting",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),

        // What an operator may set.
        .target(
            name: "Settings",
            dependencies: [
                "StrictYAML", .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        // Log lines and metrics in the formats that others read.
        .target(
            name: "Telemetry",
            dependencies: [
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // The task that a host runs in, and a stand-in for the agent that knows it.
        .target(
            name: "ECS",
            dependencies: [
                "HTTPTransport", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "ECSStandIn",
            dependencies: [
                "HTTPServing", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "emulator/ECSStandIn"),

        // What settings name, opened where it is asked for: stores, broker, index, model.
        .target(
            name: "Composition",
            dependencies: [
                "Bedrock", "Documents", "FunctionHost", "FunctionKit", "History", "HistoryPostgres", "HistorySQLite",
                "HTTPTransport", "Messaging", "MessagingSQLite", "Postgres", "RabbitMQ", "Retrieval", "Settings",
                "Spending", "SpendingAlerts", "SpendingPostgres", "SpendingSQLite", "SQLite", "StrictYAML",
                .product(name: "Logging", package: "swift-log"),
            ]),
        // A host as one process: its server, doors and readiness.
        .target(
            name: "HostProcess",
            dependencies: [
                "Answers", "Bedrock", "CivilTime", "Composition", "Documents", "ECS", "FunctionHost", "FunctionKit",
                "History", "HTTPServing", "HTTPTransport", "Messaging", "Retrieval", "Settings", "Spending",
                "SpendingAlerts", "StrictYAML", "Telemetry", "Waiting",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // What operators do: budgets, queues, dead letters, history, corpus.
        .target(
            name: "Operations",
            dependencies: [
                "Answers", "Bedrock", "BudgetReport", "CivilTime", "Composition", "Documents", "FunctionHost",
                "FunctionKit", "History", "HostProcess", "Ingestion", "Messaging", "Postgres", "Retrieval", "Settings",
                "Spending",
                "StrictYAML", "Waiting", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // A host with a model of its own, and nothing else installed.
        .target(
            name: "Emulator",
            dependencies: [
                "Bedrock", "BedrockStandIn", "Composition", "Documents", "FunctionHost", "FunctionKit", "HostProcess",
                "HTTPTransport", "Settings", "Spending", "SpendingSQLite", "SQLite", "StrictYAML", "Telemetry",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "emulator/Emulator"),
        // The whole command, for programs with functions of their own.
        .target(
            name: "Sluice",
            dependencies: [
                "BudgetReport", "Composition", "Documents", "Emulator", "FunctionHost", "FunctionKit", "History",
                "HostProcess",
                "Ingestion", "Operations", "Settings", "Spending", "StrictYAML", "Telemetry",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        // The four functions above, as a list.
        .target(
            name: "ConsumerRights", dependencies: ["FunctionKit", "LLMConnector", "PIIFilter", "PSQLWorker", "RAGCore"]),
        .executableTarget(name: "sluice", dependencies: ["ConsumerRights", "Sluice"]),

        // Tests, and what they share.
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        // Knows the tests' own module, which programs that are built with the product do not have.
        .target(name: "GoldenFiles", path: "Tests/GoldenFiles"),
        .target(name: "MessagingCompat", dependencies: ["Messaging", "TestSupport"], path: "Tests/MessagingCompat"),
        .target(name: "HistoryCompat", dependencies: ["History", "TestSupport"], path: "Tests/HistoryCompat"),
        .target(
            name: "SpendingCompat", dependencies: ["CivilTime", "FunctionKit", "Spending", "TestSupport"],
            path: "Tests/SpendingCompat"),
        // Functions of somebody else; also a package of its own, which sees only what is offered.
        .executableTarget(
            name: "OwnFunctions", dependencies: ["ConsumerRights", "FunctionKit", "Sluice"],
            path: "Tests/OwnFunctions/Sources/OwnFunctions"),
        .executableTarget(
            name: "BrokerCrashHelper", dependencies: ["Messaging", "MessagingSQLite", "SQLite"],
            path: "Tests/BrokerCrashHelper"),
        .executableTarget(
            name: "LedgerCrashHelper",
            dependencies: ["FunctionKit", "Postgres", "SQLite", "Spending", "SpendingPostgres", "SpendingSQLite"],
            path: "Tests/LedgerCrashHelper"),
        .target(
            name: "PostgresTestServer", dependencies: ["Postgres", "TestSupport"], path: "Tests/PostgresTestServer"),
        // Starts a real Chroma.
        .target(
            name: "ChromaTestServer", dependencies: ["HTTPTransport", "TestSupport"], path: "Tests/ChromaTestServer"),
        .testTarget(name: "WaitingTests", dependencies: ["Waiting"]),
        .testTarget(name: "CivilTimeTests", dependencies: ["CivilTime"]),
        .testTarget(name: "StrictYAMLTests", dependencies: ["StrictYAML"]),
        .testTarget(name: "FunctionKitTests", dependencies: ["FunctionKit", "FunctionTesting"]),
        .testTarget(
            name: "FunctionTestingTests",
            dependencies: ["FunctionKit", "FunctionTesting", .product(name: "Logging", package: "swift-log")]),
        .testTarget(
            name: "PIIFilterTests", dependencies: ["TestSupport", "PIIFilter", "FunctionKit", "FunctionTesting"]),
        .testTarget(
            name: "RAGCoreTests",
            dependencies: ["FunctionKit", "FunctionTesting", "RAGCore", "LLMConnector", "PIIFilter"]),
        .testTarget(
            name: "LLMConnectorTests",
            dependencies: ["Answers", "TestSupport", "FunctionKit", "FunctionTesting", "LLMConnector", "PSQLWorker"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "PSQLWorkerTests", dependencies: ["Answers", "FunctionKit", "FunctionTesting", "PSQLWorker"]),
        .testTarget(
            name: "SQLiteTests", dependencies: ["TestSupport", "SQLite", .product(name: "GRDB", package: "GRDB.swift")]),
        .testTarget(name: "MessagingTests", dependencies: ["Messaging", "MessagingCompat", "TestSupport"]),
        .testTarget(
            name: "MessagingSQLiteTests",
            dependencies: [
                "TestSupport",
                "Messaging", "MessagingCompat", "MessagingSQLite", "SQLite", "BrokerCrashHelper",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        // Starts a real RabbitMQ.
        .target(
            name: "RabbitMQServer", dependencies: ["CRabbitMQ", "HTTPTransport", "TestSupport"],
            path: "Tests/RabbitMQServer"),
        .testTarget(
            name: "RabbitMQTests",
            dependencies: [
                "CRabbitMQ", "Messaging", "MessagingCompat", "RabbitMQ", "RabbitMQServer", "TestSupport",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "HistoryTests",
            dependencies: [
                "TestSupport", "FunctionKit", "History", "HistoryCompat", "HistorySQLite", "SQLite",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .testTarget(
            name: "HistoryPostgresTests",
            dependencies: [
                "Answers", "FunctionKit", "History", "HistoryCompat", "HistoryPostgres", "Postgres",
                "PostgresTestServer", "TestSupport",
            ], exclude: ["Fixtures"]),
        .testTarget(
            name: "SpendingTests",
            dependencies: [
                "TestSupport", "CivilTime", "Spending", "SpendingCompat", "FunctionKit", "StrictYAML",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "SpendingSQLiteTests",
            dependencies: [
                "TestSupport",
                "CivilTime", "Spending", "SpendingCompat", "SpendingSQLite", "FunctionKit", "StrictYAML", "SQLite",
                "LedgerCrashHelper",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "PostgresTestServer", "TestSupport"]),
        .testTarget(
            name: "SpendingPostgresTests",
            dependencies: [
                "FunctionKit", "History", "HistoryPostgres", "LedgerCrashHelper", "Postgres", "PostgresTestServer",
                "Spending",
                "SpendingCompat", "SpendingPostgres", "TestSupport",
            ]),
        .testTarget(
            name: "SpendingAlertsTests",
            dependencies: [
                "TestSupport", "Hashing", "HTTPTransport", "Spending", "SpendingAlerts",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "DocumentsTests",
            dependencies: ["Documents", "Spending", .product(name: "SwiftCSV", package: "SwiftCSV")]),
        .testTarget(
            name: "BudgetReportTests",
            dependencies: [
                "TestSupport", "BudgetReport", "CivilTime", "Documents", "FunctionKit", "GoldenFiles", "SQLite",
                "Spending",
                "SpendingCompat", "SpendingSQLite", "StrictYAML", .product(name: "SwiftCSV", package: "SwiftCSV"),
            ], exclude: ["Browser/check.py", "Estimate/Golden", "Golden", "Prices/Golden"]),
        .executableTarget(
            name: "HostCrashHelper",
            dependencies: [
                "FunctionKit", "FunctionHost", "Messaging", "MessagingSQLite", "History", "HistorySQLite", "RabbitMQ",
                "SQLite", "Telemetry", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/HostCrashHelper"),
        .testTarget(
            name: "FunctionHostTests",
            dependencies: [
                "TestSupport",
                "FunctionKit", "FunctionHost", "History", "HistorySQLite", "Messaging", "SQLite",
                "StrictYAML", .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "FunctionHostRabbitMQTests",
            dependencies: [
                "FunctionHost", "FunctionKit", "History", "HistorySQLite", "HostCrashHelper", "Messaging",
                "MessagingSQLite", "RabbitMQ", "RabbitMQServer", "SQLite", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "ClientStopHelper", dependencies: ["FunctionKit", "HTTPTransport"], path: "Tests/ClientStopHelper"),
        .testTarget(name: "HTTPTransportTests", dependencies: ["ClientStopHelper", "HTTPTransport", "TestSupport"]),
        .testTarget(
            name: "HTTPServingTests",
            dependencies: [
                "HTTPServing", "TestSupport", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "BedrockTests",
            dependencies: [
                "TestSupport", "Bedrock", "BedrockStandIn", "FunctionKit", "FunctionTesting", "Hashing",
                "HTTPTransport", "Spending",
                "SpendingSQLite", "SQLite", .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "BedrockStandInTests",
            dependencies: [
                "TestSupport",
                "Bedrock", "BedrockStandIn", "FunctionKit", "Hashing", "HTTPTransport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(name: "RetrievalTests", dependencies: ["FunctionKit", "FunctionTesting", "Retrieval"]),
        .testTarget(name: "IngestionTests", dependencies: ["Ingestion", "TestSupport"]),
        .testTarget(
            name: "ChromaTests",
            dependencies: [
                "ChromaTestServer", "FunctionKit", "FunctionTesting", "HTTPTransport", "Ingestion", "Retrieval",
                "SharedData", "TestSupport",
            ]),
        // Data that lies beside the project, where it does.
        .target(name: "SharedData", dependencies: ["FunctionKit", "FunctionTesting"], path: "Tests/SharedData"),
        .testTarget(
            name: "SharedDataTests",
            dependencies: [
                "Bedrock", "FunctionKit", "FunctionTesting", "HTTPTransport", "Hashing", "PIIFilter", "Retrieval",
                "SharedData",
            ]),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["TestSupport", "Settings", .product(name: "Logging", package: "swift-log")]),
        .testTarget(
            name: "TelemetryTests",
            dependencies: [
                "TestSupport", "Telemetry", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "ECSTests",
            dependencies: [
                "ECS", "ECSStandIn", "HTTPTransport", .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "CompositionTests",
            dependencies: [
                "Composition", "FunctionHost", "FunctionKit", "FunctionTesting", "Spending", "StrictYAML",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "HostProcessTests",
            dependencies: [
                "Bedrock", "Composition", "FunctionHost", "FunctionKit", "History", "HostProcess", "Messaging",
                "Postgres", "Spending", "TestSupport", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "OperationsTests",
            dependencies: [
                "BudgetReport", "Composition", "Documents", "Emulator", "FunctionKit", "GoldenFiles", "History",
                "HistorySQLite",
                "HostProcess", "Messaging", "MessagingSQLite", "Operations", "Retrieval", "SQLite", "Spending",
                "SpendingSQLite", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
            ], exclude: ["Fixtures", "Golden"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Answers", "TestSupport", "Waiting", "Bedrock", "BedrockStandIn", "ChromaTestServer", "ECSStandIn",
                "FunctionHost",
                "FunctionKit", "History", "HistoryPostgres", "HistorySQLite", "HTTPTransport", "Messaging",
                "MessagingSQLite", "OwnFunctions", "PIIFilter", "Postgres", "PostgresTestServer", "RabbitMQ",
                "RabbitMQServer", "Retrieval", "SQLite",
                .product(name: "Logging", package: "swift-log"),
            ],
            // Compiled by the tests that load it into other programs.
            exclude: ["Faults/DiskFault.c", "Faults/WrongClock.c"]),
        .testTarget(
            name: "OwnFunctionsTests", dependencies: ["FunctionTesting", "OwnFunctions"],
            path: "Tests/OwnFunctions/Tests/OwnFunctionsTests"),

        // Benchmarks, which no product has, so that nobody who depends on this package builds them.
        // The governor on its SQLite ledger.
        .executableTarget(
            name: "LedgerBenchmark",
            dependencies: [
                "BenchmarkSupport", "Measuring", "SQLite", "Spending", "SpendingSQLite",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Benchmarks/LedgerBenchmark"),
        // The governor on its PostgreSQL ledger, and the history there.
        .executableTarget(
            name: "PostgresBenchmark",
            dependencies: [
                "BenchmarkSupport", "FunctionKit", "History", "HistoryPostgres", "Measuring", "Postgres",
                "PostgresTestServer", "Spending", "SpendingPostgres", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/PostgresBenchmark"),
        // Reports on a ledger of many entries.
        .executableTarget(
            name: "ReportBenchmark",
            dependencies: [
                "BudgetReport", "Documents", "FunctionKit", "SQLite", "Spending", "SpendingSQLite",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/ReportBenchmark"),
        // The host on RabbitMQ, and what it is compared with.
        .executableTarget(
            name: "HostBenchmark",
            dependencies: [
                "BenchmarkSupport", "FunctionHost", "FunctionKit", "HistorySQLite", "RabbitMQ", "RabbitMQServer",
                "SQLite", "Telemetry",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Benchmarks/HostBenchmark"),
        .executableTarget(
            name: "BareAMQP", dependencies: ["CRabbitMQ"], path: "Benchmarks/BareAMQP",
            cSettings: [.headerSearchPath("../../Sources/CRabbitMQ")]),
        // Vector queries in Chroma.
        .executableTarget(
            name: "ChromaBenchmark",
            dependencies: [
                "BenchmarkSupport", "FunctionKit", "HTTPTransport", "Retrieval",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/ChromaBenchmark"),
        // Reservations and settlements on any ledger.
        .target(
            name: "Measuring", dependencies: ["BenchmarkSupport", "FunctionKit", "Spending"],
            path: "Benchmarks/Measuring"),
        // What the benchmarks share.
        .target(name: "BenchmarkSupport", path: "Benchmarks/BenchmarkSupport"),
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
