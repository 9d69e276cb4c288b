import FoundationEssentials

/// Looks at the arguments as the kernel gave them: Swift's own copy has invalid bytes replaced already.
enum UTF8Arguments {
    /// Refuses arguments that are not UTF-8.
    ///
    /// - Throws: ``CommandFailure/wrongArguments(_:)``.
    static func check() throws {
        let isValid = unsafe CommandLine.unsafeArgv.isAllUTF8(count: Int(CommandLine.argc))
        guard isValid else {
            throw CommandFailure.wrongArguments("the arguments are not valid UTF-8; check the terminal's encoding")
        }
    }
}

extension UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    fileprivate func isAllUTF8(count: Int) -> Bool {
        for index in 0..<count {
            if let argument = unsafe self[index], unsafe String(validatingCString: argument) == nil { return false }
        }
        return true
    }
}
