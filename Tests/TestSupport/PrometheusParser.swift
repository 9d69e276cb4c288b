import Foundation

/// Prometheus's own parser, from the package `prometheus_client`.
package enum PrometheusParser {
    /// The Python that has it is not named.
    package struct Missing: Error, CustomStringConvertible {
        /// What to do.
        package let description = "SLUICE_PYTHON is not set: run script/test"
    }

    private static let program = """
        import json, sys
        from prometheus_client.parser import text_string_to_metric_families
        samples = {}
        for family in text_string_to_metric_families(sys.stdin.buffer.read().decode()):
            if family.type == "unknown": sys.exit("no type: " + family.name)
            if not family.documentation: sys.exit("no help: " + family.name)
            for sample in family.samples:
                labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
                name = sample.name + ("{" + labels + "}" if labels else "")
                if name in samples: sys.exit("twice: " + name)
                samples[name] = sample.value
        print(json.dumps(samples))
        """

    /// The samples of a page by name and sorted labels; fails where the page is not well formed.
    ///
    /// - Throws: ``Missing``, too.
    package static func samples(_ page: String) throws -> [String: Double] {
        guard let python = ProcessInfo.processInfo.environment["SLUICE_PYTHON"] else { throw Missing() }
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", program]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // A page is larger than a pipe holds only where a test makes it so; none does.
        try input.fileHandleForWriting.write(contentsOf: Data(page.utf8))
        try input.fileHandleForWriting.close()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try JSONDecoder().decode([String: Double].self, from: printed)
    }
}
