import ArgumentParser

/// `sluice budget`: what is spent, and whether the books are right.
struct BudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "Shows what is spent and will be, raises limits, checks the ledger and estimates the bill.",
        discussion: """
            EXAMPLES
              sluice budget status
              sluice budget status --format json | jq '.budgets[0].remaining_usd'
              sluice budget status --fail-at 80 || echo "nearly spent"
              sluice budget report --by model --since 2026-11-01 --top 5
              sluice budget report --by day --format html > spending.html
              sluice budget forecast
              sluice budget top
              sluice budget raise daily --to 2 --until 2030-11-24T18:00:00+05:30 \\
                --reason "a fair in town"
              sluice budget raise daily --cancel
              sluice budget apply budgets --reason "back to the limits of spring"
              sluice budget clock accept --reason "the clock was a year ahead"
              sluice budget breach list
              sluice budget verify
              sluice budget export > journal.jsonl
              sluice budget reconcile invocation-log.jsonl
              sluice budget estimate --cpu 0.5 --memory 1
              sluice budget prices --check
              sluice budget race --processes 4
            """,
        subcommands: [
            StatusCommand.self, ReportCommand.self, ForecastCommand.self, TopCommand.self, RaiseCommand.self,
            ApplyCommand.self, ClockCommand.self, BreachCommand.self, VerifyCommand.self, ExportCommand.self,
            ReconcileCommand.self, EstimateCommand.self, PricesCommand.self,
            RaceCommand.self, RaceCommand.RaceProcess.self,
        ])
}
