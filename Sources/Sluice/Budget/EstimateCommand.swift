import ArgumentParser
import BudgetReport
import Foundation
import Spending
import StrictYAML

/// `sluice budget estimate`: what a month of running it costs.
struct EstimateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estimate",
        abstract: "Shows the whole monthly bill, and the original design's beside it.",
        discussion: """
            EXAMPLES
              sluice budget estimate
              sluice budget estimate --cpu 0.5 --memory 1 --capacity on-demand
              sluice budget estimate --task-definition task.json --region us-east-1
              sluice budget estimate --parameters stack.json --month 2026-12
              sluice budget estimate --rate efs_gb_month=0.30 --format json

            Each line has its quantity, rate, source and day. Rates are in rates/ of the
            budgets folder, a file a region. A rate that no source was found for is named,
            and stays out of the sum unless --rate gives it. The model's line is the most
            that its budget lets it spend: in an average month; in one that --month names,
            the limits of all periods that it touches, such as five or six weeks. Not
            counted are taxes, support plans, load balancers, API calls of the services and
            traffic between zones.

            A month has 730 hours, as the original design counts, a twelfth of 365 days,
            unless --month names one of the calendar.

            --task-definition reads what register-task-definition takes: size, processor,
            secrets, log groups, volumes, images. --parameters reads CloudFormation
            parameters: TaskCpu, TaskMemory, CpuArchitecture, CapacityProvider,
            DesiredCount, EphemeralStorageGiB, AssignPublicIp. Options win over files.

            json and csv are stable: amounts and quantities are decimal strings, an amount
            without a source is left out or empty, and csv has a row a line of each bill.
            """)

    @Option(help: ArgumentHelp("vCPUs such as 0.5, or ECS units such as 512. (default: 1)", valueName: "cpu"))
    var cpu: String?

    @Option(help: ArgumentHelp("GB such as 2, or MiB such as 2048. (default: 2)", valueName: "memory"))
    var memory: String?

    @Option(help: ArgumentHelp("An ECS task definition, JSON.", valueName: "file"))
    var taskDefinition: String?

    @Option(help: ArgumentHelp("The stack's CloudFormation parameters, JSON.", valueName: "file"))
    var parameters: String?

    @Option(help: ArgumentHelp("Whose rates.", valueName: "region"))
    var region = "ap-south-1"

    @Option(help: ArgumentHelp("How capacity is bought. (default: spot)", valueName: "capacity"))
    var capacity: Capacity?

    @Option(help: ArgumentHelp("What the tasks run on. (default: x86_64)", valueName: "processor"))
    var architecture: Architecture?

    @Option(parsing: .unconditional, help: ArgumentHelp("How many tasks run. (default: 1)", valueName: "count"))
    var tasks: Int?

    @Option(help: ArgumentHelp("A month such as 2026-12. (default: 730 hours)", valueName: "month"))
    var month: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Hours of the month that the tasks run. (default: all)", valueName: "hours"))
    var hours: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("GB on EFS. (default: 5; 0 where the task definition has none)", valueName: "gb"))
    var storageGb: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Each task's own storage. (default: 20)", valueName: "gb"))
    var ephemeralGb: Int?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Public addresses. (default: one a task)", valueName: "count"))
    var publicIps: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Secrets. (default: 1, or those of the task definition)", valueName: "count"))
    var secrets: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("GB of logs taken in. (default: 1)", valueName: "gb"))
    var logGb: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("GB of logs kept. (default: as much as taken in)", valueName: "gb"))
    var logStoredGb: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("GB sent to the internet. (default: 10)", valueName: "gb"))
    var transferGb: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("GB of images in ECR. (default: 1)", valueName: "gb"))
    var imageGb: String?

    @Option(help: ArgumentHelp("A rate of your own; may be given again.", valueName: "name=usd"))
    var rate: [String] = []

    @OptionGroup var format: FormatArguments
    @OptionGroup var budgets: BudgetsArguments

    func run() async throws {
        let folder = try budgets.folder()
        do {
            let estimate = try Estimate(
                options, in: region, book: RateBook.load(folder: "\(folder)/rates"),
                budgets: Budget.load(folder: folder))
            try format.write(estimate.document(at: Date()))
        } catch let problem as EstimateProblem {
            throw problem.isArgument
                ? CommandFailure.wrongArguments(problem.description) : CommandFailure.failed(problem.description)
        } catch let problem as YAMLProblem {
            throw CommandFailure.failed(problem.description)
        }
    }

    private var options: EstimateOptions {
        var options = EstimateOptions()
        (options.cpu, options.memory) = (cpu, memory)
        (options.taskDefinition, options.parameters) = (taskDefinition, parameters)
        (options.capacity, options.architecture) = (capacity, architecture)
        (options.tasks, options.month, options.hours) = (tasks, month, hours)
        (options.storageGB, options.ephemeralGB) = (storageGb, ephemeralGb)
        (options.publicIPs, options.secrets) = (publicIps, secrets)
        (options.logGB, options.logStoredGB) = (logGb, logStoredGb)
        (options.transferGB, options.imageGB) = (transferGb, imageGb)
        options.rates = rate
        return options
    }
}

extension Capacity: ExpressibleByArgument {}

extension Architecture: ExpressibleByArgument {}
