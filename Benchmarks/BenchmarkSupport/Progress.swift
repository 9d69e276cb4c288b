import Foundation

/// Says on the standard error what is under way.
package func progress(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
}
