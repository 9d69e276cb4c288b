/// A part of a bill, by which two bills stand side by side though one is of x86 and the other of ARM.
package enum BillPart: String, Sendable, Hashable, CaseIterable {
    case cpu = "Fargate vCPU"
    case memory = "Fargate memory"
    case taskStorage = "Fargate storage"
    case storage = "EFS storage"
    case address = "Public IPv4"
    case secrets = "Secrets"
    case logs = "Logs"
    case transfer = "Transfer"
    case images = "ECR images"
    case model = "Model"
}

extension RateName {
    /// The part of a bill that it belongs to.
    var part: BillPart {
        switch self {
        case .fargateX86VCPUHour, .fargateARMVCPUHour, .fargateSpotX86VCPUHour, .fargateSpotARMVCPUHour: .cpu
        case .fargateX86GBHour, .fargateARMGBHour, .fargateSpotX86GBHour, .fargateSpotARMGBHour: .memory
        case .fargateEphemeralGBHour: .taskStorage
        case .efsGBMonth: .storage
        case .publicIPv4Hour: .address
        case .secretMonth: .secrets
        case .logsIngestedGB, .logsStoredGBMonth: .logs
        case .transferOutGB: .transfer
        case .ecrGBMonth: .images
        }
    }
}
