/// A text without what a terminal would act upon: ids, names and bodies may come from anywhere.
package func printable(_ text: String, keepsLines: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control where keepsLines && (scalar == "\n" || scalar == "\t"): result.unicodeScalars.append(scalar)
        case .control, .format, .lineSeparator, .paragraphSeparator: result += "\u{fffd}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
