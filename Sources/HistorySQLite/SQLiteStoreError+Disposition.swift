package import FunctionKit
package import SQLite

extension SQLiteStoreError: DispositionProviding {
    /// An answer waits for a file that cannot be used, be its disk full, damaged or locked: that is no fault of the answer's.
    ///
    /// What an answer's own values can be the reason of, a constraint or a size, is tried again as often as the manifest says.
    package var disposition: Disposition {
        switch self {
        // The primary result codes of <https://www.sqlite.org/rescode.html>: TOOBIG, CONSTRAINT, MISMATCH and RANGE.
        case .failed(_, let code) where [18, 19, 20, 25].contains(code & 0xff): .retry
        case .failed: .hostTrouble(HostTrouble(.unavailable, code: code))
        case .locked, .full, .unreadable, .unwritable: .hostTrouble(HostTrouble(.unavailable, code: code))
        case .cannotOpen, .readOnly, .damaged, .absent, .lost, .notOurs, .shared, .displaced, .older, .swapped,
            .notWhole, .inUse, .newer, .linked:
            .hostTrouble(HostTrouble(.refused, code: code))
        }
    }

    /// A short constant name.
    package var code: String {
        switch self {
        case .cannotOpen: "data-file-closed"
        case .readOnly: "data-file-read-only"
        case .damaged: "data-file-damaged"
        case .absent: "data-file-absent"
        case .lost: "data-file-lost"
        case .notOurs: "data-file-not-ours"
        case .shared: "data-folder-shared"
        case .displaced: "data-file-displaced"
        case .older: "data-file-older"
        case .swapped: "data-file-swapped"
        case .notWhole: "data-file-not-whole"
        case .inUse: "data-file-in-use"
        case .newer: "data-file-newer"
        case .locked: "data-file-locked"
        case .full: "data-file-full"
        case .unreadable: "data-file-unreadable"
        case .unwritable: "data-file-unwritable"
        case .linked: "data-file-linked"
        case .failed(_, let code): "data-file-failed-\(code)"
        }
    }
}
