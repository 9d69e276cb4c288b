import ArgumentParser
import Foundation
import FunctionHost

/// The option that gives a function its input.
struct PayloadArguments: ParsableArguments {
    @Option(help: ArgumentHelp("JSON, @file, or - for standard input.", valueName: "json"))
    var payload = "{}"

    /// The input, wherever it stands.
    ///
    /// - Parameter bytesMax: The most bytes that it may have.
    /// - Returns: JSON in UTF-8.
    /// - Throws: ``CommandFailure``.
    func read(atMost bytesMax: Int) throws -> Data {
        let bytes: Data
        if payload == "-" {
            bytes = try StandardInput.read(atMost: bytesMax)
        } else if payload.hasPrefix("@") {
            let file = String(payload.dropFirst())
            do {
                let handle = try FileHandle(forReadingFrom: URL(filePath: file))
                defer { try? handle.close() }
                bytes = try StandardInput.read(handle.fileDescriptor, atMost: bytesMax)
            } catch {
                throw CommandFailure.failed("cannot read \(file)")
            }
        } else {
            bytes = Data(payload.utf8)
        }
        guard bytes.count <= bytesMax else {
            throw CommandFailure.wrongArguments("the payload has more than \(bytesMax) bytes, which is the most")
        }
        guard JSONText.isOne(bytes) else {
            throw CommandFailure.wrongArguments(
                "--payload is no JSON in UTF-8; write JSON, @file, or - for standard input")
        }
        return bytes
    }
}
