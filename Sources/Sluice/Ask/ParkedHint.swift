import HostProcess

/// What a person is told whose question waits for a budget.
enum ParkedHint {
    /// The sentence, with how to look.
    ///
    /// - Parameters:
    ///   - parked: The question.
    ///   - noun: What it is to the person.
    ///   - pipeline: The options that the person gave, which the commands that look need too.
    /// - Returns: The sentence.
    static func text(
        _ parked: ParkedQuestion, called noun: String = "question", on pipeline: PipelineArguments
    ) -> String {
        let history = command(["history", "export"], pipeline.data.given)
        let status = command(["budget", "status"], pipeline.data.given + pipeline.givenBudgets)
        return "\(noun) \(parked.id) waits: \(parked.explanation). It is kept and goes on then, here or by any sluice"
            + " on this data; look with `\(history) | grep \(parked.id)` and `\(status)`"
    }

    /// The sentence for what is in memory, at which no other process can look.
    static func text(inMemory parked: ParkedQuestion) -> String {
        "question \(parked.id) waits: \(parked.explanation). It is answered then, as long as this program runs"
    }

    private static func command(_ words: [String], _ options: [String]) -> String {
        (["sluice"] + words + options.map(\.shellWord)).joined(separator: " ")
    }
}

extension String {
    /// The text as a shell takes it for one word.
    var shellWord: String {
        guard wholeMatch(of: /[A-Za-z0-9_.\/:,=+@%-]+/) == nil else { return self }
        return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
