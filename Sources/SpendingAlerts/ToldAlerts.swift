/// Which alerts this process has told, so that none is logged twice.
struct ToldAlerts {
    /// How far an alert has come.
    enum Progress {
        /// Logged and counted; the webhook has not taken it.
        case logged
        /// Taken by all.
        case delivered
    }

    /// The most alerts that are remembered; the oldest is forgotten first.
    ///
    /// Far above what is open at once, which is each budget's thresholds of the current period and the one before.
    static let countMax = 1024

    private var progress: [String: Progress] = [:]
    /// The remembered ids, oldest first.
    private var order: [String] = []

    /// Notes that an alert is told now, and gives how far it had come before; nil for a new one.
    mutating func tell(_ id: String) -> Progress? {
        if let known = progress[id] { return known }
        if order.count == Self.countMax { progress[order.removeFirst()] = nil }
        order.append(id)
        progress[id] = .logged
        return nil
    }

    /// Notes that all have taken an alert, unless it is forgotten.
    mutating func delivered(_ id: String) {
        if progress[id] != nil { progress[id] = .delivered }
    }
}
