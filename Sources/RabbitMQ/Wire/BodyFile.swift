import FoundationEssentials
import Glibc

/// A body that is too long for memory, in a file without a name: it is gone with its last reader, however that ends.
final class BodyFile {
    private let descriptor: Int32
    private var count = 0

    /// Makes an empty file where temporary ones lie; nil where that cannot be.
    init?() {
        let path = FileManager.default.temporaryDirectory.appending(path: "sluice-body-XXXXXX").path
        var name = Array(path.utf8CString)
        // Its owner's alone.
        descriptor = unsafe mkstemp(&name)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unsafe unlink(name)
    }

    deinit { close(descriptor) }

    /// Adds a piece.
    ///
    /// - Returns: False where there is no room.
    func append(_ piece: Data) -> Bool {
        var rest = piece
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return false }
            rest = rest.dropFirst(written)
        }
        count += piece.count
        return true
    }

    /// The whole, read from the file where it is looked at; nil where that cannot be.
    func contents() -> Data? {
        let start = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else { return nil }
        return unsafe Data(bytesNoCopy: start, count: count, deallocator: .custom { unsafe munmap($0, $1) })
    }
}
