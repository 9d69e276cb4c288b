import BudgetReport
import Foundation
import Testing

@Suite("A task definition")
struct TaskDefinitionTests {
    /// The shape of the original design's task: two secrets, one of them read key by key, EFS, logs and images in ECR.
    private static func text(memory: String = "\"4096\"", more: String = "") -> Data {
        Data(
            """
            {"family": "consumer-rights", "requiresCompatibilities": ["FARGATE"], "cpu": "2048", "memory": \(memory),
             "containerDefinitions": [
               {"name": "postgres", "image": "postgres:13", "cpu": 256, "memory": 512,
                "secrets": [{"name": "A", "valueFrom": "arn:aws:secretsmanager:ap-south-1:1:secret:app/db"}],
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/app"}}},
               {"name": "llm", "image": "1.dkr.ecr.ap-south-1.amazonaws.com/app/llm:latest", "cpu": 256, "memory": 256,
                "secrets": [
                  {"name": "B", "valueFrom": "arn:aws:secretsmanager:ap-south-1:1:secret:app/keys:id::"},
                  {"name": "C", "valueFrom": "arn:aws:secretsmanager:ap-south-1:1:secret:app/keys:key::"},
                  {"name": "D", "valueFrom": "arn:aws:secretsmanager:ap-south-1:1:secret:app/db"},
                  {"name": "E", "valueFrom": "arn:aws:ssm:ap-south-1:1:parameter/app/mode"}]}],
             "volumes": [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]\(more)}
            """.utf8)
    }

    @Test("size, secrets, storage, logs and images are read")
    func everything() throws {
        let facts = try TaskDefinition(Self.text(), file: "task.json").facts
        #expect(facts.size == RequestedSize(cpuUnits: 2048, memoryMiB: 4096))
        // app/db and app/keys, however often they are read; the parameter is none.
        #expect(facts.secrets == 2)
        #expect(facts.usesEFS == true && facts.usesLogs == true && facts.usesECR == true)
        #expect(facts.architecture == .x86 && facts.ephemeralGB == nil && facts.notes.isEmpty)
    }

    @Test("what describe-task-definition prints is read too, and numbers without quotes")
    func described() throws {
        let described = Data("{\"taskDefinition\": ".utf8) + Self.text(memory: "4096") + Data("}".utf8)
        let facts = try TaskDefinition(described, file: "task.json").facts
        #expect(facts.size == RequestedSize(cpuUnits: 2048, memoryMiB: 4096) && facts.secrets == 2)
    }

    @Test("ARM and task storage are read")
    func armAndStorage() throws {
        let more = """
            , "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
            "ephemeralStorage": {"sizeInGiB": 40}
            """
        let facts = try TaskDefinition(Self.text(more: more), file: "task.json").facts
        #expect(facts.architecture == .arm && facts.ephemeralGB == 40)
    }

    @Test("a task without volumes, logs and images of its own pays for none")
    func bare() throws {
        let data = Data(#"{"cpu": "256", "memory": "512", "containerDefinitions": [{"image": "nginx"}]}"#.utf8)
        let folder = try TemporaryFile(data)
        let bill = try EstimateFixture.estimate { $0.taskDefinition = folder.path }.bill
        // vCPU, memory, address, transfer and model remain.
        #expect(
            bill.lines.map(\.item) == [
                "fargate_spot_x86_vcpu_hour", "fargate_spot_x86_gb_hour", "public_ipv4_hour", "transfer_out_gb",
                "model_budget",
            ])
    }

    @Test("the original's size is refused with the file's name and the nearest sizes")
    func illegalSize() throws {
        let file = try TemporaryFile(Self.text(memory: "\"3072\""))
        do throws(EstimateProblem) {
            var options = EstimateOptions()
            options.taskDefinition = file.path
            _ = try options.workload(in: .average)
            Issue.record("3 GB go with no 2 vCPU")
        } catch {
            #expect(!error.isArgument)
            #expect(
                error.description == "\(file.path): 2 vCPU with 3 GB is no Fargate size: 2 vCPU goes with 4 to 16 GB;"
                    + " the nearest are 1 vCPU / 3 GB and 2 vCPU / 4 GB")
        }
    }

    @Test("containers that ask for more than the task has, and another launch type, are told")
    func notes() throws {
        let facts = try TaskDefinition(
            Data(
                #"""
                {"cpu": "256", "memory": "512", "requiresCompatibilities": ["EC2"],
                 "containerDefinitions": [{"cpu": 256, "memory": 512}, {"memoryReservation": 1}]}
                """#.utf8), file: "task.json"
        ).facts
        #expect(
            facts.notes == [
                "The task definition does not require FARGATE; it is priced as if it did.",
                "Its containers ask for 256 CPU units and 513 MiB, more than the task has: ECS refuses that.",
            ])
    }

    @Test("numbers that no task has do no harm")
    func hugeNumbers() throws {
        let text = #"""
            {"cpu": "256", "memory": "512", "containerDefinitions": [
              {"cpu": 9223372036854775807, "memory": 1}, {"cpu": 9223372036854775807}, {"cpu": -9223372036854775808}]}
            """#
        let facts = try TaskDefinition(Data(text.utf8), file: "task.json").facts
        #expect(facts.notes.first?.hasPrefix("Its containers ask for 2000000 CPU units and 1 MiB") == true)
    }

    @Test(
        "a field that cannot be used is told by its path",
        arguments: [
            (#"{"memory": "512"}"#, "`cpu`: a Fargate task has a size of its own; write one such as \"1024\""),
            (#"{"cpu": "256"}"#, "`memory`: a Fargate task has a size of its own; write one such as \"1024\""),
            (
                #"{"cpu": "big", "memory": "512"}"#,
                "`cpu, memory`: write CPU units and MiB such as \"1024\" and \"2048\", or \"1 vCPU\" and \"2 GB\""
            ),
            (
                #"{"cpu": "256", "memory": "512", "containerDefinitions": [{}, {"cpu": "many"}]}"#,
                "`containerDefinitions[1].cpu`: the value is of another kind than AWS documents; look the key up"
            ),
            (
                #"{"cpu": "256", "memory": "512", "runtimePlatform": {"cpuArchitecture": "RISCV"}}"#,
                "`runtimePlatform.cpuArchitecture`: write \"X86_64\" or \"ARM64\""
            ),
            (
                #"{"cpu": "256", "memory": "512", "ephemeralStorage": {"sizeInGiB": 9223372036854775807}}"#,
                "`ephemeralStorage.sizeInGiB`: write a whole number from 20 to 200"
            ),
            (
                #"{"cpu": "1000000 vCPU", "memory": "512"}"#,
                "`cpu, memory`: write CPU units and MiB such as \"1024\" and \"2048\", or \"1 vCPU\" and \"2 GB\""
            ),
            ("[]", "`the file`: the value is of another kind than AWS documents; look the key up"),
        ])
    func fields(text: String, complaint: String) {
        do throws(EstimateProblem) {
            _ = try TaskDefinition(Data(text.utf8), file: "task.json")
            Issue.record("`\(text)` is no task definition")
        } catch {
            #expect(error.description == "task.json: \(complaint)")
        }
    }
}
