/// The processor that a task runs on.
package enum Architecture: String, Sendable, Hashable, CaseIterable {
    /// 64-bit Intel and AMD, Fargate's default.
    case x86 = "x86_64"
    /// 64-bit ARM (Graviton).
    case arm = "arm64"
}
