extension Bar {
    /// The bar in characters: what is used up, what is held beyond it, and the rest.
    func text(width: Int, isUnicode: Bool) -> String {
        let glyphs = isUnicode ? ("█", "▒", "░") : ("#", "=", ".")
        let used = min(1, max(0, filled))
        var filledCount = Int(used * Double(width))
        // Something is not nothing, and nearly full is not full.
        if used > 0, filledCount == 0 { filledCount = 1 }
        var heldCount = Int((min(1, used + max(0, held)) * Double(width)).rounded(.up)) - filledCount
        if held <= 0 { heldCount = 0 }
        heldCount = max(0, min(heldCount, width - filledCount))
        return String(repeating: glyphs.0, count: filledCount) + String(repeating: glyphs.1, count: heldCount)
            + String(repeating: glyphs.2, count: width - filledCount - heldCount)
    }
}
