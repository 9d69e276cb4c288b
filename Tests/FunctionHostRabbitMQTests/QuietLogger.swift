import Logging

/// Says nothing.
let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
