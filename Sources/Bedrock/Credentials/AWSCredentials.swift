/// The keys that sign a request.
///
/// No description, reflection or dump of it shows a secret.
package struct AWSCredentials: Sendable, Hashable {
    /// Names the key; no secret.
    package let accessKeyID: String
    /// The secret.
    package let secretAccessKey: String
    /// What temporary credentials carry besides; a secret too.
    package let sessionToken: String?

    /// Makes credentials.
    package init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }
}

extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key's id alone.
    package var description: String { "AWSCredentials(\(accessKeyID))" }
    /// The key's id alone.
    package var debugDescription: String { description }
    /// The key's id alone.
    package var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}
