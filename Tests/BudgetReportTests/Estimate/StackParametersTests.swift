import BudgetReport
import Foundation
import Testing

@Suite("Stack parameters")
struct StackParametersTests {
    @Test(
        "all three shapes of a file say the same",
        arguments: [
            #"""
            [{"ParameterKey": "TaskCpu", "ParameterValue": "512"}, {"ParameterKey": "TaskMemory", "ParameterValue": "1024"},
             {"ParameterKey": "CpuArchitecture", "ParameterValue": "ARM64"},
             {"ParameterKey": "CapacityProvider", "ParameterValue": "FARGATE"},
             {"ParameterKey": "DesiredCount", "ParameterValue": "2"}, {"ParameterKey": "VpcCidr", "UsePreviousValue": true},
             {"ParameterKey": "EphemeralStorageGiB", "ParameterValue": "21"},
             {"ParameterKey": "AssignPublicIp", "ParameterValue": "DISABLED"}]
            """#,
            #"""
            {"Parameters": {"TaskCpu": "512", "TaskMemory": "1024", "CpuArchitecture": "ARM64", "CapacityProvider": "FARGATE",
             "DesiredCount": 2, "EphemeralStorageGiB": "21", "AssignPublicIp": "DISABLED", "VpcCidr": "10.0.0.0/16"}}
            """#,
            #"""
            {"TaskCpu": 512, "TaskMemory": 1024, "CpuArchitecture": "ARM64", "CapacityProvider": "FARGATE",
             "DesiredCount": "2", "EphemeralStorageGiB": 21, "AssignPublicIp": "DISABLED"}
            """#,
        ])
    func shapes(text: String) throws {
        let facts = try StackParameters(Data(text.utf8), file: "stack.json").facts
        #expect(facts.size == RequestedSize(cpuUnits: 512, memoryMiB: 1024))
        #expect(facts.architecture == .arm && facts.capacity == .onDemand && facts.tasks == 2)
        #expect(facts.ephemeralGB == 21 && facts.hasPublicAddress == false)
    }

    @Test("options win over the file")
    func precedence() throws {
        let file = try TemporaryFile(
            Data(#"{"TaskCpu": "512", "TaskMemory": "1024", "CapacityProvider": "FARGATE", "DesiredCount": 4}"#.utf8))
        let workload = try EstimateFixture.estimate {
            $0.parameters = file.path
            $0.tasks = 1
        }.workload
        #expect(workload.tasks == 1 && workload.capacity == .onDemand && workload.size.description == "0.5 vCPU / 1 GB")
    }

    @Test(
        "a parameter that cannot be used is told",
        arguments: [
            (#"{"TaskMemory": "1024"}"#, "`TaskCpu`: the parameter is missing; write one such as \"1024\""),
            (
                #"{"TaskCpu": "512", "TaskMemmory": "1024"}"#,
                "`TaskMemory`: the parameter is missing; `TaskMemmory` is written in its place; write one such as \"1024\""
            ),
            (
                #"{"TaskCpu": "1024", "TaskMemory": "2048", "CapacityProvider": "SPOT"}"#,
                "`CapacityProvider`: write \"FARGATE\" or \"FARGATE_SPOT\""
            ),
            (
                #"{"TaskCpu": "1024", "TaskMemory": "2048", "DesiredCount": "-1"}"#,
                "`DesiredCount`: write a whole number from 0 to 1000"
            ),
            (
                #"{"TaskCpu": "one", "TaskMemory": "2048"}"#,
                "`TaskCpu, TaskMemory`: write CPU units and MiB such as \"1024\" and \"2048\""
            ),
        ])
    func fields(text: String, complaint: String) {
        do throws(EstimateProblem) {
            _ = try StackParameters(Data(text.utf8), file: "stack.json")
            Issue.record("`\(text)` has no usable parameters")
        } catch {
            #expect(error.description == "stack.json: \(complaint)")
        }
    }

    @Test("a key that is nearly one that counts is told, and one of the template's own is not")
    func misspelt() throws {
        let text = #"{"TaskCpu": "512", "TaskMemory": "1024", "DesiredCuont": "4", "VpcCidr": "10.0.0.0/16"}"#
        let facts = try StackParameters(Data(text.utf8), file: "stack.json").facts
        #expect(facts.notes == ["stack.json: `DesiredCuont` does not count; did you mean `DesiredCount`?"])
        #expect(facts.tasks == nil)
    }
}
