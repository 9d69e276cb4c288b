import CPostgres

/// Statements that go out together, and what has come back of them.
final class Batch {
    /// What the server answers, in order.
    enum Expectation {
        /// That the session is still the connection's own.
        case ownSession
        case preparation(text: String, name: String)
        case statement
    }

    let statements: [PostgresStatement]
    /// What it prepares, before the server has said whether it could; names by texts.
    private(set) var names: [String: String] = [:]
    /// What was prepared; it stays so even where the transaction is undone.
    private(set) var prepared: [String: String] = [:]

    private let continuation: CheckedContinuation<Result<[PostgresResult], PostgresError>, Never>
    private var expected: [Expectation] = []
    private var answered = 0
    private var results: [PostgresResult] = []
    private var error: PostgresError?

    init(
        _ statements: [PostgresStatement],
        _ continuation: CheckedContinuation<Result<[PostgresResult], PostgresError>, Never>
    ) {
        self.statements = statements
        self.continuation = continuation
    }

    func expect(_ expectation: Expectation) {
        expected.append(expectation)
        if case .preparation(let text, let name) = expectation { names[text] = name }
    }

    /// Takes the result of what is expected next.
    func take(_ result: OpaquePointer) {
        guard expected.indices.contains(answered) else { return }
        switch expected[answered] {
        case .ownSession: break
        case .preparation(let text, let name): prepared[text] = name
        case .statement:
            do throws(PostgresError) {
                results.append(unsafe try ResultReader.read(result))
            } catch {
                fail(error)
            }
        }
    }

    /// Whether what comes next tells that the session is still the connection's own.
    var asksForOwnSession: Bool {
        guard expected.indices.contains(answered), case .ownSession = expected[answered] else { return false }
        return true
    }

    /// The first failure is the cause of all others.
    func fail(_ error: PostgresError) {
        if self.error == nil { self.error = error }
    }

    /// Goes to what is expected next; false where nothing was.
    func advance() -> Bool {
        answered += 1
        return answered <= expected.count
    }

    func finish() { continuation.resume(returning: error.map { .failure($0) } ?? .success(results)) }

    func finish(failing error: PostgresError) { continuation.resume(returning: .failure(error)) }
}
