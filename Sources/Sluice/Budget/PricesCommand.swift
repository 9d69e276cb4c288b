import ArgumentParser
import BudgetReport
import Composition
import Foundation
import Spending
import StrictYAML

/// `sluice budget prices`: what models cost, and whether the price book can be relied on.
struct PricesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prices",
        abstract: "Lists the price book, and checks it.",
        discussion: """
            EXAMPLES
              sluice budget prices
              sluice budget prices --check
              sluice budget prices --check --older-than 30 --format json

            --check looks for prices that were read long ago, gaps and overlaps between the
            prices of a model, missing bounds, and models that the manifest or a budget
            configures and that have no price or no budget, and limits that have no room
            for one call. It ends with 1 where it finds what would refuse calls, and with 0
            where it only warns.
            """)

    @Flag(help: "Looks the book over.")
    var check = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("From how many days on a price is old.", valueName: "days"))
    var olderThan = PriceCheck.ageMaxDays

    @Option(help: ArgumentHelp("The pipeline's manifest. (default: functions/functions.yaml)", valueName: "file"))
    var manifest: String?

    @OptionGroup var format: FormatArguments
    @OptionGroup var budgets: BudgetsArguments

    func run() async throws {
        guard (0...36_500).contains(olderThan) else {
            throw CommandFailure.wrongArguments("--older-than is `\(olderThan)`; write days from 0 to 36500")
        }
        let folder = try budgets.folder()
        let now = Date()
        var prices: [Price] = []
        var found: PriceCheck?
        do {
            let book = try PriceBook.load(folder: "\(folder)/prices")
            prices = book.all
            if check { found = try checked(book, folder: folder, at: now) }
        } catch let problem as YAMLProblem {
            guard check else { throw CommandFailure.failed(problem.description) }
            found = PriceCheck(unreadable: problem)
        }
        try format.write(PriceList(prices, check: found).document(at: now))
        guard found?.refusesCalls != true else {
            throw CommandFailure.failed("calls would be refused; see the errors above")
        }
    }

    private func checked(_ book: PriceBook, folder: String, at now: Date) throws -> PriceCheck {
        let file = try manifest ?? InstalledPath.find("functions/functions.yaml", option: "--manifest")
        let calls = try ConfiguredCalls(of: file)
        return PriceCheck(
            book, models: calls.models, largestCalls: calls.largest, budgets: try Budget.load(folder: folder),
            ageMaxDays: olderThan, at: now)
    }
}
