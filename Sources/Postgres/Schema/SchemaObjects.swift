import FoundationEssentials

/// What migrations make, read off their own statements, so that it can be looked for in a database.
struct SchemaObjects {
    /// Tables, indexes and views, by their names.
    private(set) var relations: Set<String> = []
    private(set) var functions: Set<String> = []
    /// Triggers, and the tables that they are on.
    private(set) var triggers: [String: String] = [:]
    /// The tables whose rows nobody may change.
    private(set) var appendOnly: Set<String> = []
    /// In the order in which they are made.
    private(set) var tables: [String] = []

    /// Reads statements in their order; what a later one drops is not looked for.
    init(_ statements: [String]) {
        for statement in statements { read(statement) }
    }

    private mutating func read(_ statement: String) {
        var words = Self.words(statement)[...]
        guard let verb = words.popFirst(), verb == "CREATE" || verb == "DROP" else { return }
        var kind = words.popFirst()
        while let word = kind, ["OR", "REPLACE", "UNIQUE"].contains(word) { kind = words.popFirst() }
        while let word = words.first, ["IF", "NOT", "EXISTS", "CONCURRENTLY"].contains(word) { words.removeFirst() }
        guard let kind, let name = words.popFirst() else { return }
        let isMade = verb == "CREATE"
        switch kind {
        case "TABLE":
            set(&relations, name, isMade)
            if isMade { tables.append(name) } else { tables.removeAll { $0 == name } }
            if statement.contains("PRIMARY KEY") || !isMade { set(&relations, "\(name)_pkey", isMade) }
        case "INDEX", "VIEW": set(&relations, name, isMade)
        case "FUNCTION": set(&functions, name, isMade)
        case "TRIGGER":
            let table = words.firstIndex(of: "ON").flatMap { words[$0...].dropFirst().first }
            triggers[name] = isMade ? table : nil
            if let table, name == "\(table)_append_only" { set(&appendOnly, table, isMade) }
        default: break
        }
    }

    private func set(_ names: inout Set<String>, _ name: String, _ isMade: Bool) {
        if isMade { names.insert(name) } else { names.remove(name) }
    }

    /// Words up to what stands in parentheses, without comments.
    private static func words(_ statement: String) -> [String] {
        let lines = statement.split(separator: "\n").filter { !$0.drop(while: \.isWhitespace).hasPrefix("--") }
        return lines.joined(separator: "\n").split { $0.isWhitespace || "(),;".contains($0) }.prefix(24).map(
            String.init)
    }
}

extension PostgresSchema {
    /// What some of its steps make.
    ///
    /// - Parameter isMeant: Gets the names of steps, such as `spending.2`.
    /// - Returns: The objects that these steps make.
    func objects(where isMeant: (String) -> Bool = { _ in true }) -> SchemaObjects {
        SchemaObjects(
            migrations.enumerated().filter { isMeant("\(name).\($0.offset + 1)") }.flatMap(\.element))
    }

    /// The tables that some steps make.
    ///
    /// - Parameter steps: Their names, such as `spending.2`.
    /// - Returns: The tables' names.
    package func tables(madeBy steps: [String]) -> [String] { objects { steps.contains($0) }.tables }
}
