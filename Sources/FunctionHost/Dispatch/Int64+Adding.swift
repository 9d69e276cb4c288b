extension Int64 {
    /// The sum; beyond the largest number that one.
    func addingUpToMax(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
