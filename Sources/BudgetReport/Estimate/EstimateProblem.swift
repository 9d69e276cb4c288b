/// Why there is no estimate: one sentence that says what to write instead.
package enum EstimateProblem: Error, Sendable, Hashable {
    /// No rate file has the region.
    case unknownRegion(String, nearest: String?, known: [String])
    /// Fargate does not sell the size; `file` is where it was read, nil for the command line.
    case illegalSize(RequestedSize, file: String?)
    /// `--rate` names no rate.
    case unknownRate(String, nearest: String?)
    /// An option's value cannot be read, or is out of range.
    case badOption(String, value: String, advice: String)
    /// Options say the same thing in two ways.
    case conflict(String)
    /// A file cannot be read.
    case unreadable(file: String)
    /// A file is no JSON; `place` is the parser's word on where.
    case brokenJSON(file: String, place: String?)
    /// A field of a file cannot be used.
    case badField(file: String, field: String, advice: String)
    /// The bill does not fit into an amount.
    case tooLarge

    /// Whether the command line is wrong, and no file.
    package var isArgument: Bool {
        switch self {
        case .unknownRegion, .unknownRate, .badOption, .conflict, .tooLarge: true
        case .illegalSize(_, let file): file == nil
        case .unreadable, .brokenJSON, .badField: false
        }
    }
}

extension EstimateProblem: CustomStringConvertible {
    /// One sentence for a person, with what to do.
    package var description: String {
        switch self {
        case .unknownRegion(let name, let nearest, let known):
            "no file in rates/ has the region `\(name)`; "
                + (nearest.map { "did you mean `\($0)`?" }
                    ?? "there are \(known.map { "`\($0)`" }.joined(separator: " and ")); add a file to budgets/rates")
        case .illegalSize(let size, let file): (file.map { "\($0): " } ?? "") + Self.illegal(size)
        case .unknownRate(let name, let nearest):
            "there is no rate `\(name)`; "
                + (nearest.map { "did you mean `\($0)`?" }
                    ?? "the rates are \(RateName.allCases.map(\.rawValue).joined(separator: ", "))")
        case .badOption(let option, let value, let advice): "\(option) is `\(value)`; \(advice)"
        case .conflict(let text): text
        case .unreadable(let file): "\(file): the file cannot be read; check the path"
        case .brokenJSON(let file, let place):
            "\(file): the file is no JSON\(place.map { " (\($0))" } ?? ""); repair it and try again"
        case .badField(let file, let field, let advice): "\(file): `\(field)`: \(advice)"
        case .tooLarge: "the bill does not fit into nine billion dollars; give smaller quantities or rates"
        }
    }

    private static func illegal(_ size: RequestedSize) -> String {
        let nearest = FargateSize.nearest(cpuUnits: size.cpuUnits, memoryMiB: size.memoryMiB)
        return "\(size) is no Fargate size"
            + (FargateSize.memory(with: size.cpuUnits).map {
                ": \(Quantity(size.cpuUnits, dividedBy: 1024)) vCPU goes with \($0)"
            } ?? "") + "; the nearest are " + nearest.map(\.description).joined(separator: " and ")
    }
}
