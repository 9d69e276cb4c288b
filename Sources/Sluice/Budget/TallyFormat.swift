import ArgumentParser

/// How what is no document is written.
enum TallyFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}
