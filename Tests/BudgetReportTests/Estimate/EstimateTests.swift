import BudgetReport
import Documents
import Foundation
import Spending
import TestSupport
import Testing

@Suite("An estimate")
struct EstimateTests {
    private func amounts(_ bill: Bill) -> [String: String] {
        bill.lines.reduce(into: [:]) { $0[$1.item] = $1.amount?.description ?? "no source" }
    }

    @Test("the bill of the default task, line by line")
    func byHand() throws {
        // 1 vCPU and 2 GB on Spot, 730 hours, at the original design's Spot rates:
        //   vCPU      730 * 0.01214            =  8.8622
        //   memory  1,460 * 0.001334           =  1.94764
        //   EFS         5 * 0.30               =  1.50
        //   IPv4      730 * 0.005              =  3.65
        //   secrets     1 * 0.40               =  0.40
        //   logs in     1 * 0.50               =  0.50     logs kept: no source, not in the sum
        //   transfer   10 GB of 100 free       =  0
        //   images      1 * 0.10               =  0.10
        //   model   730 / 24 = 30.41666…67 * 0.50 = 15.2083333335, rounded up: 15.208333334
        //   sum                                = 32.168173334
        let estimate = try EstimateFixture.estimate()
        #expect(
            amounts(estimate.bill) == [
                "fargate_spot_x86_vcpu_hour": "8.8622", "fargate_spot_x86_gb_hour": "1.94764", "efs_gb_month": "1.50",
                "public_ipv4_hour": "3.65", "secret_month": "0.40", "logs_ingested_gb": "0.50",
                "logs_stored_gb_month": "no source", "transfer_out_gb": "0.00", "ecr_gb_month": "0.10",
                "model_budget": "15.208333334",
            ])
        #expect(estimate.bill.total == Money("32.168173334"))
        #expect(estimate.bill.missing.map(\.item) == ["logs_stored_gb_month"])
    }

    @Test("a month of the calendar has its own hours and days")
    func month() throws {
        // November: 30 days, 720 hours. 720 * 0.01214 = 8.7408; 30 * 0.50 = 15.
        let november = amounts(try EstimateFixture.estimate { $0.month = "2026-11" }.bill)
        #expect(november["fargate_spot_x86_vcpu_hour"] == "8.7408" && november["model_budget"] == "15.00")
        // February 2028 is a leap month: 29 days, 696 hours. The task runs 100 of them; the budget does not rest.
        let leap = amounts(
            try EstimateFixture.estimate {
                $0.month = "2028-02"
                $0.hours = 100
            }.bill)
        #expect(leap["fargate_spot_x86_vcpu_hour"] == "1.214" && leap["model_budget"] == "14.50")
        #expect(BillingMonth("2026-12")?.hours == 744)
    }

    @Test("a month of the calendar lets all periods be spent that it touches")
    func touchedPeriods() throws {
        // November 2026 begins on a Sunday and ends on a Monday: six weeks. February 2027 begins on a Monday: four.
        let weekly = [EstimateFixture.budget("weekly", limit: "3", .week)]
        for (month, amount) in [("2026-11", "18.00"), ("2026-12", "15.00"), ("2027-02", "12.00")] {
            #expect(
                try ModelBudgets.lines(weekly, in: #require(BillingMonth(month))).map(\.amount) == [Money(amount)])
        }
        // By its own clock: 24 hours of 30 days, 30 days and one month, wherever the zone and whenever the turn.
        let zone = try #require(TimeZone(identifier: "Asia/Kolkata"))
        let november = try #require(BillingMonth("2026-11"))
        for (length, count) in [(PeriodRule.Length.hour, 720), (.day, 30), (.month, 1)] {
            let rule = PeriodRule(length: length, timeZone: zone, turnsAtMinute: 360)
            #expect(november.periods(of: rule) == Quantity(count), "\(length)")
        }
    }

    @Test("a rate that the user gives enters the sum, and keeps what is free")
    func ownRate() throws {
        let estimate = try EstimateFixture.estimate {
            $0.rates = ["logs_stored_gb_month=0.03", "transfer_out_gb=0.20"]
            $0.transferGB = "101.5"
        }
        // 32.168173334 + 0.03 + 1.5 * 0.20.
        #expect(estimate.bill.total == Money("32.498173334"))
        #expect(estimate.bill.missing.isEmpty)
        #expect(estimate.bill.lines.first { $0.item == "logs_stored_gb_month" }?.rate?.source == "given with --rate")
    }

    @Test("several tasks, their own storage and their addresses are counted for each")
    func tasks() throws {
        let bill = amounts(
            try EstimateFixture.estimate {
                ($0.cpu, $0.memory) = ("0.25", "0.5")
                ($0.tasks, $0.ephemeralGB) = (3, 50)
                ($0.capacity, $0.architecture) = (.onDemand, .arm)
            }.bill)
        // 3 * 730 = 2,190 hours: * 0.25 * 0.03238, * 0.5 * 0.00356, * 30 * 0.000111, * 0.005.
        #expect(bill["fargate_arm_vcpu_hour"] == "17.72805" && bill["fargate_arm_gb_hour"] == "3.8982")
        #expect(bill["fargate_ephemeral_gb_hour"] == "7.2927" && bill["public_ipv4_hour"] == "10.95")
    }

    @Test("all four ways to buy the task are told, also where a rate is missing")
    func variants() throws {
        let estimate = try EstimateFixture.estimate()
        #expect(estimate.variants.count == 4)
        let arm = try #require(estimate.variants.first { $0.capacity == .spot && $0.architecture == .arm })
        #expect(
            arm.bill.missing.map(\.item) == [
                "fargate_spot_arm_vcpu_hour", "fargate_spot_arm_gb_hour", "logs_stored_gb_month",
            ])
        // On demand, x86: 730 * 0.04048 + 1460 * 0.004445 = 36.0401 instead of 10.80984.
        let onDemand = try #require(estimate.variants.first { $0.capacity == .onDemand && $0.architecture == .x86 })
        #expect(onDemand.bill.total == Money("57.398433334"))
    }

    @Test("the tightest budget for everything bounds the model; without one, all budgets together do")
    func modelBudgets() throws {
        let wide = EstimateFixture.budget("monthly", limit: "20", .month)
        let daily = EstimateFixture.budget("daily", limit: "0.50", .day)
        let hourly = EstimateFixture.budget("hourly", limit: "0.01", .hour)
        // In 730 hours: 15.208333334 a day against 7.30 an hour against 20.
        let tightest = try ModelBudgets.lines([wide, daily, hourly], in: .average)
        #expect(tightest.map(\.title) == ["Model budget hourly"] && tightest.first?.amount == Money("7.30"))
        let acme = EstimateFixture.budget("acme", limit: "3", .week, scope: BudgetScope(tenants: ["acme"]))
        let globex = EstimateFixture.budget("globex", limit: "2", .month, scope: BudgetScope(tenants: ["globex"]))
        // 730 / 168 weeks are 4.345238096, rounded up: 13.035714288.
        let scoped = try ModelBudgets.lines([acme, globex], in: .average)
        #expect(scoped.map(\.amount) == [Money("13.035714288"), Money("2.00")])
        #expect(try ModelBudgets.lines([acme, globex, daily], in: .average).map(\.title) == ["Model budget daily"])
    }

    @Test("the sum is the sum of the lines in every format, to the nano-dollar")
    func sumsAgree() throws {
        var random = SeededGenerator(seed: 26)
        for _ in 0..<200 {
            let size = try #require(FargateSize.all.randomElement(using: &random))
            let estimate = try EstimateFixture.estimate {
                ($0.cpu, $0.memory) = ("\(size.cpuUnits)", "\(size.memoryMiB)")
                $0.tasks = Int.random(in: 0...9, using: &random)
                $0.hours = Int.random(in: 0...744, using: &random)
                $0.capacity = Capacity.allCases.randomElement(using: &random)
                $0.architecture = Architecture.allCases.randomElement(using: &random)
                let (whole, decimals) = (
                    Int.random(in: 0...99, using: &random), Int.random(in: 1...999_999, using: &random)
                )
                $0.storageGB = "\(whole).\(decimals)"
                $0.rates = ["efs_gb_month=0.\(Int.random(in: 1...999_999_999, using: &random))"]
            }
            let json = try JSONDecoder().decode(
                EstimateOutput.self, from: estimate.document(at: EstimateFixture.now).rendered(as: .json))
            let sum = json.estimate.lines.compactMap(\.amount_usd).reduce(0) { $0 + $1.nanoUSD }
            #expect(json.estimate.total_usd == Money(nanoUSD: sum) && json.estimate.total_usd == estimate.bill.total)
            let records = estimate.document(at: EstimateFixture.now).records
            let inCSV = records.rows.filter { $0[0] == .text("estimate") }.reduce(Int64(0)) { sum, row in
                guard case .money(let amount) = row[7] else { return sum }
                return sum + amount.nanoUSD
            }
            #expect(inCSV == sum)
        }
    }
}

/// What programs read.
struct EstimateOutput: Decodable {
    struct Line: Decodable {
        let amount_usd: Money?
    }

    struct BillOutput: Decodable {
        let lines: [Line]
        let total_usd: Money
    }

    let estimate: BillOutput
}
