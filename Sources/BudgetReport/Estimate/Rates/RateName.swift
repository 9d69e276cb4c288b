/// Something that is paid for by the unit, under the name that rate files and `--rate` use.
package enum RateName: String, Sendable, Hashable, CaseIterable {
    case fargateX86VCPUHour = "fargate_x86_vcpu_hour"
    case fargateX86GBHour = "fargate_x86_gb_hour"
    case fargateARMVCPUHour = "fargate_arm_vcpu_hour"
    case fargateARMGBHour = "fargate_arm_gb_hour"
    case fargateSpotX86VCPUHour = "fargate_spot_x86_vcpu_hour"
    case fargateSpotX86GBHour = "fargate_spot_x86_gb_hour"
    case fargateSpotARMVCPUHour = "fargate_spot_arm_vcpu_hour"
    case fargateSpotARMGBHour = "fargate_spot_arm_gb_hour"
    /// Task storage beyond the 20 GB that each task has for nothing.
    case fargateEphemeralGBHour = "fargate_ephemeral_gb_hour"
    /// EFS in the standard class, throughput bursting.
    case efsGBMonth = "efs_gb_month"
    case publicIPv4Hour = "public_ipv4_hour"
    /// A secret of Secrets Manager, without its API calls.
    case secretMonth = "secret_month"
    case logsIngestedGB = "logs_ingested_gb"
    case logsStoredGBMonth = "logs_stored_gb_month"
    /// From the region to the internet.
    case transferOutGB = "transfer_out_gb"
    case ecrGBMonth = "ecr_gb_month"

    /// What one vCPU costs for an hour.
    package static func vcpu(_ capacity: Capacity, _ architecture: Architecture) -> RateName {
        switch (capacity, architecture) {
        case (.onDemand, .x86): .fargateX86VCPUHour
        case (.onDemand, .arm): .fargateARMVCPUHour
        case (.spot, .x86): .fargateSpotX86VCPUHour
        case (.spot, .arm): .fargateSpotARMVCPUHour
        }
    }

    /// What one gigabyte of memory costs for an hour.
    package static func memory(_ capacity: Capacity, _ architecture: Architecture) -> RateName {
        switch (capacity, architecture) {
        case (.onDemand, .x86): .fargateX86GBHour
        case (.onDemand, .arm): .fargateARMGBHour
        case (.spot, .x86): .fargateSpotX86GBHour
        case (.spot, .arm): .fargateSpotARMGBHour
        }
    }

    /// What a bill calls it.
    package var title: String {
        switch self {
        case .fargateX86VCPUHour: "vCPU, x86"
        case .fargateX86GBHour: "Memory, x86"
        case .fargateARMVCPUHour: "vCPU, ARM"
        case .fargateARMGBHour: "Memory, ARM"
        case .fargateSpotX86VCPUHour: "Spot vCPU, x86"
        case .fargateSpotX86GBHour: "Spot memory, x86"
        case .fargateSpotARMVCPUHour: "Spot vCPU, ARM"
        case .fargateSpotARMGBHour: "Spot memory, ARM"
        case .fargateEphemeralGBHour: "Storage over 20 GB"
        case .efsGBMonth: "EFS storage"
        case .publicIPv4Hour: "Public IPv4"
        case .secretMonth: "Secrets"
        case .logsIngestedGB: "Logs, taken in"
        case .logsStoredGBMonth: "Logs, stored"
        case .transferOutGB: "Internet transfer"
        case .ecrGBMonth: "ECR images"
        }
    }

    /// What it is counted in.
    package var unit: String {
        switch self {
        case .fargateX86VCPUHour, .fargateARMVCPUHour, .fargateSpotX86VCPUHour, .fargateSpotARMVCPUHour: "vCPU-hour"
        case .fargateX86GBHour, .fargateARMGBHour, .fargateSpotX86GBHour, .fargateSpotARMGBHour,
            .fargateEphemeralGBHour:
            "GB-hour"
        case .efsGBMonth, .logsStoredGBMonth, .ecrGBMonth: "GB-month"
        case .publicIPv4Hour: "hour"
        case .secretMonth: "month"
        case .logsIngestedGB, .transferOutGB: "GB"
        }
    }
}
