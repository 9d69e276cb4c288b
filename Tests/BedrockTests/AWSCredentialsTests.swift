import Bedrock
import Testing

@Suite
struct AWSCredentialsTests {
    @Test("no way of printing shows a secret")
    func secrecy() {
        let credentials = AWSCredentials(
            accessKeyID: "AKID", secretAccessKey: "top-secret", sessionToken: "token-secret")
        var dumped = ""
        dump(credentials, to: &dumped)
        dump([StaticCredentials(credentials)], to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), "\([credentials])", dumped] {
            #expect(text.contains("AKID"))
            #expect(!text.contains("secret\""))
            #expect(!text.contains("top-secret") && !text.contains("token-secret"))
        }
    }

    @Test("the environment gives keys, and a token where it has one")
    func environment() async throws {
        var variables = ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": ""]
        let bare = try await EnvironmentCredentials(environment: variables).credentials()
        #expect(bare == AWSCredentials(accessKeyID: "a", secretAccessKey: "b"))
        variables["AWS_SESSION_TOKEN"] = "c"
        let temporary = try await EnvironmentCredentials(environment: variables).credentials()
        #expect(temporary.sessionToken == "c")
    }

    @Test("an error names the variable that is missing", arguments: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
    func missing(variable: String) async {
        var variables = ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"]
        variables[variable] = ""
        await #expect(throws: AWSCredentialsError.missing(variable: variable)) {
            try await EnvironmentCredentials(environment: variables).credentials()
        }
    }
}
