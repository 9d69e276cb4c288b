import BudgetReport
import Foundation
import Spending
import Testing

@Suite("Bad input of an estimate")
struct EstimateInputTests {
    private func problem(_ change: (inout EstimateOptions) -> Void, region: String = "here") -> EstimateProblem? {
        var options = EstimateOptions()
        change(&options)
        do throws(EstimateProblem) {
            _ = try Estimate(options, in: region, book: EstimateFixture.book, budgets: EstimateFixture.budgets)
            return nil
        } catch {
            return error
        }
    }

    @Test("an unknown region is told with the nearest")
    func region() {
        let problem = problem({ _ in }, region: "us-east-2")
        #expect(problem?.isArgument == true)
        #expect(problem?.description == "no file in rates/ has the region `us-east-2`; did you mean `us-east-1`?")
        #expect(
            self.problem({ _ in }, region: "mumbai-central")?.description
                == "no file in rates/ has the region `mumbai-central`; there are `here` and `us-east-1`; add a file to"
                + " budgets/rates")
    }

    @Test("a size that Fargate does not sell is told with the nearest")
    func size() {
        let problem = problem { ($0.cpu, $0.memory) = ("2", "3") }
        #expect(problem?.isArgument == true)
        #expect(
            problem?.description == "2 vCPU with 3 GB is no Fargate size: 2 vCPU goes with 4 to 16 GB; the nearest are"
                + " 1 vCPU / 3 GB and 2 vCPU / 4 GB")
        #expect(
            self.problem { ($0.cpu, $0.memory) = ("3", "8") }?.description
                == "3 vCPU with 8 GB is no Fargate size; the nearest are 2 vCPU / 8 GB and 4 vCPU / 8 GB")
    }

    @Test("options that cannot be are told, and what to write instead")
    func options() {
        let cases: [((inout EstimateOptions) -> Void, String)] = [
            ({ $0.transferGB = "-1" }, "--transfer-gb is `-1`; write GB from 0 to 1000000, such as 2.5"),
            ({ $0.storageGB = "lots" }, "--storage-gb is `lots`; write GB from 0 to 1000000, such as 2.5"),
            ({ $0.hours = -5 }, "--hours is `-5`; write a whole number from 0 to 744"),
            ({ $0.hours = 745 }, "--hours is `745`; write a whole number from 0 to 744"),
            ({ $0.tasks = -1 }, "--tasks is `-1`; write a whole number from 0 to 1000"),
            ({ $0.secrets = -1 }, "--secrets is `-1`; write a whole number from 0 to 10000"),
            ({ $0.ephemeralGB = 10 }, "--ephemeral-gb is `10`; write a whole number from 20 to 200"),
            ({ $0.month = "2026-13" }, "--month is `2026-13`; write a month such as 2026-11"),
            (
                { ($0.cpu, $0.memory) = ("1000000 vCPU", "2") },
                "--cpu is `1000000 vCPU`; write vCPUs such as 0.5, or ECS units such as 512"
            ),
            ({ $0.cpu = "1" }, "--cpu and --memory go together; give both"),
            (
                { ($0.cpu, $0.memory) = ("-1", "2") },
                "--cpu is `-1`; write vCPUs such as 0.5, or ECS units such as 512"
            ),
            (
                { ($0.taskDefinition, $0.parameters) = ("a", "b") },
                "--cpu with --memory, --task-definition and --parameters each give the size; keep one"
            ),
            ({ $0.rates = ["efs_gb_mont=0.3"] }, "there is no rate `efs_gb_mont`; did you mean `efs_gb_month`?"),
            (
                { $0.rates = ["efs_gb_month=-0.3"] },
                "--rate is `efs_gb_month=-0.3`; write NAME=USD with at most nine decimals, such as efs_gb_month=0.30"
            ),
            (
                { $0.rates = ["efs_gb_month"] },
                "--rate is `efs_gb_month`; write NAME=USD with at most nine decimals, such as efs_gb_month=0.30"
            ),
            (
                { $0.rates = ["efs_gb_month=0.3", "efs_gb_month=0.4"] },
                "--rate gives efs_gb_month twice; keep one"
            ),
            (
                {
                    $0.rates = ["efs_gb_month=9000000000"]
                    $0.storageGB = "1000000"
                }, "the bill does not fit into nine billion dollars; give smaller quantities or rates"
            ),
        ]
        for (change, message) in cases {
            let problem = problem(change)
            #expect(problem?.description == message)
            #expect(problem?.isArgument == true)
        }
    }

    @Test("the names of all rates are told where none is near")
    func rateNames() throws {
        let message = try #require(problem { $0.rates = ["gold=1"] }?.description)
        #expect(message.hasPrefix("there is no rate `gold`; the rates are fargate_x86_vcpu_hour, "))
    }

    @Test("a file that is missing or no JSON is told with its name, and is no wrong argument")
    func files() throws {
        let missing = try #require(problem { $0.taskDefinition = "/nowhere/task.json" })
        #expect(!missing.isArgument)
        #expect(missing.description == "/nowhere/task.json: the file cannot be read; check the path")
    }

    @Test(
        "broken JSON is told with its line",
        arguments: [
            ("{\n  \"cpu\": ]", "line 2: Invalid value"),
            ("{\"cpu\": \"1024\",", "Unexpected end of file during JSON parse"),
            ("", "Unexpected end of file during JSON parse"),
        ])
    func brokenJSON(text: String, place: String) {
        do throws(EstimateProblem) {
            _ = try TaskDefinition(Data(text.utf8), file: "task.json")
            Issue.record("`\(text)` is no JSON")
        } catch {
            #expect(!error.isArgument)
            #expect(error.description == "task.json: the file is no JSON (\(place)); repair it and try again")
        }
    }
}
