/// A function as a caller of the invoke API names it: by its name, by a part of an ARN or by all of it.
///
/// Regions and accounts are not looked at: there is one of each.
struct LambdaFunctionName: Hashable {
    /// What the manifest calls it.
    let name: String

    /// The only version that a function has.
    static let version = "$LATEST"
    /// In characters, of a name in any form: service model of 2015-03-31, as is the form itself.
    private static let lengthMax = 256

    /// Reads a name.
    ///
    /// - Parameters:
    ///   - text: From the request's path, without percent signs.
    ///   - qualifier: The parameter of that name.
    /// - Throws: ``LambdaError`` for what is no name, and for another version than the only one.
    init(_ text: String, qualifier: String?) throws(LambdaError) {
        let form =
            #/
            (arn:(aws[a-zA-Z\-]*)?:lambda:)?
            ([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-[0-9]:)?
            ([0-9]{12}:)?(function:)?(?<name>[a-zA-Z0-9_.\-]+)
            (:(?<qualifier>\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9_\-]+))?
            /#
        guard text.utf8.count <= Self.lengthMax, let match = text.wholeMatch(of: form) else {
            throw LambdaError(.parameter, "this names no function; give a function's name or its ARN")
        }
        name = String(match.name)
        let own = match.qualifier.map(String.init)
        if let own, let qualifier, own != qualifier {
            throw LambdaError(
                .parameter, "the qualifier in the function's name does not match the one beside it; leave one out")
        }
        guard (own ?? qualifier ?? Self.version) == Self.version else {
            throw LambdaError(
                .notFound, "`\(name)` has no such version or alias; its only version is \(Self.version)")
        }
    }
}
