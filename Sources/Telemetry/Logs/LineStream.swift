/// A ``LineOutput`` as the stream that swift-log's own handlers write to.
package struct LineStream: TextOutputStream, Sendable {
    private let output: LineOutput

    /// Makes a stream.
    package init(_ output: LineOutput) { self.output = output }

    /// Takes a text that ends a line; returns at once.
    package func write(_ text: String) { output.write(text.hasSuffix("\n") ? String(text.dropLast()) : text) }
}
