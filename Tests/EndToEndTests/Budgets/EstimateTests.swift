import Foundation
import TestSupport
import Testing

@Suite("sluice budget estimate and prices", .timeLimit(.minutes(3)))
struct EstimateTests {
    private static let task = """
        {"cpu": "1024", "memory": "2048", "containerDefinitions": [{"name": "host", "image": "sluice"}]}
        """

    @Test("the help opens with examples", arguments: ["estimate", "prices"])
    func help(command: String) async throws {
        let folder = try TemporaryFolder()
        let ending = try await SluiceProcess.run(["budget", command, "--help"], in: folder.url)
        let lines = ending.output.split(separator: "\n").map(String.init)
        #expect(ending.status == 0)
        #expect(lines.dropFirst().first == "EXAMPLES")
        #expect(lines.dropFirst(2).first == "  sluice budget \(command)")
        #expect(lines.allSatisfy { $0.hasPrefix("USAGE") || $0.count <= 80 })
    }

    @Test("the bill of a task definition is shown in every format, with the budgets and rates of the program")
    func formats() async throws {
        let folder = try TemporaryFolder()
        try Self.task.write(to: folder.url.appending(path: "task.json"), atomically: true, encoding: .utf8)
        for (format, start) in [
            ("table", "$"), ("markdown", "**\\$"), ("csv", "bill,item,title,quantity,unit,"),
            ("html", "<!doctype html>"), ("json", "{\n  \"architecture\" : \"x86_64\","),
        ] {
            let ending = try await SluiceProcess.run(
                [
                    "budget", "estimate", "--task-definition", "task.json", "--region", "us-east-1", "--format", format,
                ], in: folder.url)
            #expect(ending.status == 0 && ending.errors.isEmpty, "\(ending.errors)")
            #expect(ending.output.lowercased().hasPrefix(start.lowercased()), "\(format)")
            // Nothing is written where an estimate is made.
            #expect(folder.url.dataFiles.isEmpty)
        }
    }

    private static let slips: [(arguments: [String], status: Int32, complaint: String)] = [
        (["--region", "ap-south-2"], 2, "no file in rates/ has the region `ap-south-2`; did you mean `ap-south-1`?"),
        (["--cpu", "2", "--memory", "3"], 2, "2 vCPU with 3 GB is no Fargate size: 2 vCPU goes with 4 to 16 GB;"),
        (["--transfer-gb", "-1"], 2, "--transfer-gb is `-1`; write GB from 0 to 1000000, such as 2.5"),
        (["--rate", "efs_gb_mont=1"], 2, "there is no rate `efs_gb_mont`; did you mean `efs_gb_month`?"),
        (["--task-definition", "none.json"], 1, "none.json: the file cannot be read; check the path"),
        (["--parameters", "broken.json"], 1, "broken.json: the file is no JSON (line 1: Invalid value); repair it"),
        (["--budgets", "nowhere"], 1, "nowhere/rates: the folder cannot be read"),
    ]

    @Test("wrong arguments end with 2, wrong files with 1, each with one line", arguments: Self.slips)
    func badInput(arguments: [String], status: Int32, complaint: String) async throws {
        let folder = try TemporaryFolder()
        try "{\"TaskCpu\": ]".write(to: folder.url.appending(path: "broken.json"), atomically: true, encoding: .utf8)
        let ending = try await SluiceProcess.run(["budget", "estimate"] + arguments, in: folder.url)
        #expect(ending.status == status && ending.output.isEmpty)
        #expect(ending.errors.hasPrefix("sluice: \(complaint)") && ending.errors.split(separator: "\n").count == 1)
    }

    @Test("a sound price book ends with 0, also where it only warns")
    func soundPrices() async throws {
        let folder = try TemporaryFolder()
        let list = try await SluiceProcess.run(["budget", "prices"], in: folder.url)
        #expect(list.status == 0 && list.output.contains("meta.llama3-70b-instruct-v1:0"))
        let warned = try await SluiceProcess.run(
            ["budget", "prices", "--check", "--older-than", "0", "--format", "json"], in: folder.url)
        #expect(warned.status == 0 && warned.output.contains("\"old\""), "\(warned.errors)")
    }

    @Test("what would refuse calls ends with 1: a bound that is missing, a configured model without a price")
    func refusingPrices() async throws {
        let folder = try TemporaryFolder()
        let budgets = try AskTests.budgets(in: folder.url, replacing: [])
        let file = URL(filePath: budgets + "/prices/bedrock-ap-south-1.yaml")
        let price = try String(contentsOf: file, encoding: .utf8)
        try price.replacing("    bound:", with: "    bund:").write(to: file, atomically: true, encoding: .utf8)
        let arguments = ["budget", "prices", "--check", "--budgets", budgets]
        let missing = try await SluiceProcess.run(arguments, in: folder.url)
        #expect(missing.status == 1)
        #expect(missing.output.contains("did you mean `bound`?"))
        #expect(missing.errors == "sluice: calls would be refused; see the errors above\n")
        try price.replacing("model: meta.llama3-70b", with: "model: other.llama3-70b")
            .write(to: file, atomically: true, encoding: .utf8)
        let priceless = try await SluiceProcess.run(arguments, in: folder.url)
        #expect(priceless.status == 1)
        #expect(priceless.output.contains("llm-connector asks meta.llama3-70b-instruct-v1:0 of bedrock"))
    }
}
