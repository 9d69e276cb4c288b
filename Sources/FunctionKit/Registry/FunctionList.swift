/// The functions that a program has, by the names that its manifests use.
///
/// ```swift
/// functions.add("shout") { _ in Shout() }
/// functions.add("summarise") { parts in
///     try Summarise(model: parts.model, limits: parts.parameters(Limits.self))
/// }
/// ```
public struct FunctionList: Sendable {
    /// One function that can be made.
    package struct Entry: Sendable {
        /// What a manifest calls it.
        package let name: String
        /// What the host must know of it.
        package let rules: FunctionRules
        /// Makes it with what it asks for.
        package let make: @Sendable (FunctionParts) throws -> AnyFunction
    }

    /// The functions, in the order in which they were added.
    package private(set) var entries: [Entry] = []

    /// Where the notes of the embedded index lie beside the program, unless `--knowledge` names another folder.
    public var notesFolder = "knowledge"

    /// Lists functions.
    package init(_ add: (inout FunctionList) throws -> Void) rethrows { try add(&self) }

    /// Adds a function.
    ///
    /// - Parameters:
    ///   - name: What a manifest calls it: a to z, 0 to 9 and hyphens, and no other function's name.
    ///   - rules: What the host must know of it.
    ///   - make: Puts it together, for each manifest that names it and before anything is opened. It opens nothing itself:
    ///     what it asks its parts for is opened afterwards, because it asked. What it throws stops the start with one line.
    public mutating func add<F: Function>(
        _ name: String, rules: FunctionRules = [], make: @escaping @Sendable (FunctionParts) throws -> F
    ) {
        entries.append(Entry(name: name, rules: rules) { AnyFunction(try make($0)) })
    }

    /// The names, in the order in which they were added.
    package var names: [String] { entries.map(\.name) }

    /// What is wrong with the list, in one sentence; nil where it can be used.
    package var problem: String? {
        if let entry = entries.first(where: { !Self.canName($0.name) }) {
            return "`\(entry.name)` cannot name a function; use a to z, 0 to 9 and hyphens"
        }
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }.map {
            "two functions of this program are named `\($0)`; give one of them another name"
        }
    }

    /// Whether a text can name a function.
    ///
    /// Names become parts of queue names such as `sluice.rag-core.dead`: a dot could make two of them one.
    package static func canName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
