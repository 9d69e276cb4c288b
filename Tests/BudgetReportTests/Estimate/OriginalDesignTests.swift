import BudgetReport
import Spending
import Testing

@Suite("The original design")
struct OriginalDesignTests {
    private static let legal = RequestedSize(cpuUnits: 2048, memoryMiB: 4096)

    @Test("its own lines, on demand, come to more than it prints")
    func onDemand() throws {
        // 2 * 730 * 0.04048 = 59.1008, 3 * 730 * 0.004445 = 9.73455: it prints 68.83 for the task.
        // With EFS 1.50, transfer 1 and model 15: 86.33535. It prints 71, which leaves the model out, and 84.50.
        let bill = try OriginalDesign.bill(OriginalDesign.size, .onDemand)
        #expect(bill.amount(of: .cpu) == Money("59.1008") && bill.amount(of: .memory) == Money("9.73455"))
        #expect(bill.total == Money("86.33535"))
    }

    @Test("on Spot it comes to $38.15 with transfer and $37.15 without, printed as $38, $37 and $36.50")
    func spot() throws {
        // 2 * 730 * 0.01214 = 17.7244, 3 * 730 * 0.001334 = 2.92146: 20.64586 for the task.
        let bill = try OriginalDesign.bill(OriginalDesign.size, .spot)
        #expect(bill.total == Money("38.14586"))
        #expect(bill.total.subtracting(Money("1.00") ?? .zero) == Money("37.14586"))
    }

    @Test("the next legal size is 2 vCPU and 4 GB, $21.62 on Spot by its own rates")
    func legalSize() throws {
        #expect(OriginalDesign.legalSize?.description == "2 vCPU / 4 GB")
        // 17.7244 + 4 * 730 * 0.001334 = 17.7244 + 3.89528.
        let bill = try OriginalDesign.bill(Self.legal, .spot)
        let memory = try #require(bill.amount(of: .memory))
        #expect(bill.amount(of: .cpu)?.adding(memory) == Money("21.61968"))
    }

    @Test("its seven containers ask for 2,048 CPU units and 2,560 MiB")
    func containers() {
        #expect(OriginalDesign.containers.count == 7)
        #expect(OriginalDesign.containers.map(\.cpuUnits).reduce(0, +) == 2048)
        #expect(OriginalDesign.containers.map(\.memoryMiB).reduce(0, +) == 2560)
    }

    @Test("each slip is told with its figures")
    func slips() throws {
        let onDemand = try EstimateFixture.estimate { $0.capacity = .onDemand }.original
        #expect(
            onDemand.slips == [
                "Its 7 containers ask for 2048 CPU units and 2560 MiB; it books 2 vCPU with 3 GB, which is no Fargate size:"
                    + " 2 vCPU goes with 4 to 16 GB. The next legal size is 2 vCPU / 4 GB.",
                "Its totals disagree: it prints $71 and $84.50; its own lines come to $86.33535, $85.33535 without the"
                    + " transfer and $71.33535 without the model.",
                "It counts 730 hours for the task, which are 30.4 days, and 30 days for the model.",
                "It leaves out the public address, the secrets, the logs and the images.",
                "Its on-demand rates are those of us-east-1, and its Spot rates 30 % of them; it deploys in"
                    + " ap-south-1.",
            ])
        let spot = try EstimateFixture.estimate().original
        #expect(
            spot.slips.contains(
                "Its totals disagree: it prints $38, $37 and $36.50; its own lines come to $38.14586, $37.14586 without"
                    + " the transfer and $23.14586 without the model."))
    }

    @Test("beside a bill it stands in a legal size, at the same rates and with what it leaves out")
    func inRegion() throws {
        let estimate = try EstimateFixture.estimate()
        // 21.61968 + EFS 1.50 + IPv4 3.65 + 2 secrets 0.80 + logs 0.50 + images 0.10 + model 15.208333334.
        #expect(estimate.original.inRegion.total == Money("43.378013334"))
        #expect(estimate.original.inRegion.missing.map(\.item) == ["logs_stored_gb_month"])
    }
}
