import Glibc
import Synchronization

/// An open file or folder, closed once.
final class Descriptor: Sendable {
    private let number: Mutex<Int32?>

    init(_ number: Int32) { self.number = Mutex(number) }

    deinit { close() }

    func close() {
        number.withLock { number in
            if let number { _ = Glibc.close(number) }
            number = nil
        }
    }

    /// Uses it where it is still open; nil where it is not.
    func use<Value: Sendable>(_ body: (Int32) -> Value) -> Value? {
        // Held meanwhile: the number of a closed file is given to the next one that is opened.
        number.withLock { $0.map(body) }
    }
}
