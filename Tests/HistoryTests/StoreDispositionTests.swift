import FunctionKit
import HistorySQLite
import SQLite
import Testing

@Suite("What becomes of a message whose outcome a data file does not take")
struct StoreDispositionTests {
    @Test(
        "is said by whose fault it is: the values', or the file's",
        arguments: [(19, true), (2067, true), (787, true), (18, true), (20, true), (10, false), (1, false), (7, false)])
    func failed(code: Int32, isOfValues: Bool) {
        let error = SQLiteStoreError.failed(file: "f", code: code)
        let trouble = Disposition.hostTrouble(HostTrouble(.unavailable, code: "data-file-failed-\(code)"))
        #expect(error.disposition == (isOfValues ? .retry : trouble))
    }
}
