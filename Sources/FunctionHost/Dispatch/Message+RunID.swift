import FoundationEssentials
import FunctionKit
import Hashing
package import Messaging

extension Message {
    /// The id of the message's run: its own, or, where it has none that can be stored, a name made from its content.
    ///
    /// So each message from elsewhere has a final state and can be named by an operator, wherever it is moved.
    package var runID: String {
        guard !StorableName.isOne(id) else { return id }
        // Of a body that nobody reads its length is known, which will do.
        let content = unreadBodyBytes.map { Data("\($0) bytes".utf8) } ?? body
        return "unnamed-" + SHA256.hex(Data(id.utf8) + [0] + content).prefix(32)
    }
}
