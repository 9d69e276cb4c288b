/// Where credentials come from.
///
/// Asked before each request, so that a source of temporary ones can renew them.
package protocol AWSCredentialsSource: Sendable {
    /// Credentials that are valid now.
    func credentials() async throws(AWSCredentialsError) -> AWSCredentials
}

/// Why there are no credentials.
package enum AWSCredentialsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A variable is not set, or empty.
    case missing(variable: String)
    /// A variable holds what no key holds: a space, a line break or another sign that cannot be sent.
    case malformed(variable: String)

    /// One sentence for a person.
    package var description: String {
        switch self {
        case .missing(let variable): "no AWS credentials: set \(variable)"
        case .malformed(let variable):
            "\(variable) holds a space, a line break or another sign that no key has; write it without, also at its end"
        }
    }
}

/// Credentials that are given once.
package struct StaticCredentials: AWSCredentialsSource {
    private let value: AWSCredentials

    /// Makes a source.
    package init(_ value: AWSCredentials) { self.value = value }

    /// The given ones.
    package func credentials() async throws(AWSCredentialsError) -> AWSCredentials { value }
}

/// Credentials from the environment.
///
/// *Configuration keys*
/// - `AWS_ACCESS_KEY_ID` (string, required): The key's id.
/// - `AWS_SECRET_ACCESS_KEY` (string, secret, required): The key.
/// - `AWS_SESSION_TOKEN` (string, secret, optional): Only temporary credentials have one.
package struct EnvironmentCredentials: AWSCredentialsSource {
    private let result: Result<AWSCredentials, AWSCredentialsError>

    /// Reads the given environment at once.
    package init(environment: [String: String]) {
        result = Result { () throws(AWSCredentialsError) in
            AWSCredentials(
                accessKeyID: try Self.value("AWS_ACCESS_KEY_ID", environment),
                secretAccessKey: try Self.value("AWS_SECRET_ACCESS_KEY", environment),
                sessionToken: try Self.optional("AWS_SESSION_TOKEN", environment))
        }
    }

    /// The ones that were set.
    ///
    /// - Throws: ``AWSCredentialsError``.
    package func credentials() async throws(AWSCredentialsError) -> AWSCredentials { try result.get() }

    private static func value(
        _ variable: String, _ environment: [String: String]
    ) throws(AWSCredentialsError) -> String {
        guard let value = try optional(variable, environment) else { throw .missing(variable: variable) }
        return value
    }

    /// A variable's value; what is empty counts as not set.
    ///
    /// Files and secret stores give a line break along, which no header may hold.
    private static func optional(
        _ variable: String, _ environment: [String: String]
    ) throws(AWSCredentialsError) -> String? {
        guard let value = environment[variable], !value.isEmpty else { return nil }
        guard value.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw .malformed(variable: variable) }
        return value
    }
}
