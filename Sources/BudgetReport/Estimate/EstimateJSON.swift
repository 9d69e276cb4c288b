import Spending

/// The estimate as programs read it; keys are stable, amounts and quantities decimal strings.
///
/// What is not known, such as the amount of a line without a rate, is left out.
struct EstimateJSON: Encodable, Sendable {
    struct Size: Encodable, Sendable {
        let vcpu, memoryGB: String
        let cpuUnits, memoryMiB: Int

        private enum CodingKeys: String, CodingKey {
            case vcpu
            case memoryGB = "memory_gb"
            case cpuUnits = "cpu_units"
            case memoryMiB = "memory_mib"
        }
    }

    struct Line: Encodable, Sendable {
        let item, title, quantity, unit: String
        let freeQuantity, asOf, source: String?
        let rate, amount: Money?

        private enum CodingKeys: String, CodingKey {
            case item, title, quantity, unit, source
            case freeQuantity = "free_quantity"
            case asOf = "as_of"
            case rate = "rate_usd"
            case amount = "amount_usd"
        }

        init(_ line: BillLine) {
            item = line.item
            title = line.title
            quantity = line.quantity.description
            unit = line.unit
            freeQuantity = line.rate?.free.description
            asOf = line.rate?.asOf
            source = line.rate?.source
            rate = line.rate?.perUnit
            amount = line.amount
        }
    }

    struct BillJSON: Encodable, Sendable {
        let lines: [Line]
        let total: Money
        let missing: [String]

        private enum CodingKeys: String, CodingKey {
            case lines, missing
            case total = "total_usd"
        }

        init(_ bill: Bill) {
            lines = bill.lines.map(Line.init)
            total = bill.total
            missing = bill.missing.map(\.item)
        }
    }

    struct Variant: Encodable, Sendable {
        let capacity, architecture: String
        let total: Money
        let missing: [String]

        private enum CodingKeys: String, CodingKey {
            case capacity, architecture, missing
            case total = "total_usd"
        }
    }

    struct Original: Encodable, Sendable {
        let asWritten, legalSize, inRegion: BillJSON
        let slips: [String]

        private enum CodingKeys: String, CodingKey {
            case slips
            case asWritten = "as_written"
            case legalSize = "legal_size"
            case inRegion = "in_region"
        }
    }

    let region, capacity, architecture: String
    /// A month of the calendar; left out for an average one.
    let month: String?
    let monthHours, hours, tasks: Int
    let size: Size
    let estimate: BillJSON
    let variants: [Variant]
    let original: Original
    let notes: [String]

    private enum CodingKeys: String, CodingKey {
        case region, capacity, architecture, month, hours, tasks, size, estimate, variants, original, notes
        case monthHours = "month_hours"
    }

    init(_ result: Estimate) {
        region = result.region
        month = result.month.name
        monthHours = result.month.hours
        capacity = result.workload.capacity.rawValue
        architecture = result.workload.architecture.rawValue
        hours = result.workload.hours
        tasks = result.workload.tasks
        let size = result.workload.size
        self.size = Size(
            vcpu: size.vcpu.description, memoryGB: size.memoryGB.description, cpuUnits: size.cpuUnits,
            memoryMiB: size.memoryMiB)
        estimate = BillJSON(result.bill)
        variants = result.variants.map {
            Variant(
                capacity: $0.capacity.rawValue, architecture: $0.architecture.rawValue, total: $0.bill.total,
                missing: $0.bill.missing.map(\.item))
        }
        original = Original(
            asWritten: BillJSON(result.original.asWritten), legalSize: BillJSON(result.original.legalSize),
            inRegion: BillJSON(result.original.inRegion), slips: result.original.slips)
        notes = result.notes
    }
}
