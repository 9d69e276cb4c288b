import ConsumerRights
import FunctionKit
import Sluice

@main struct Program {
    static func main() async {
        await SluiceProgram.run { functions in
            functions.addConsumerRights()
            functions.add("shout") { _ in Shout() }
            functions.add("shorten") { parts in try Shorten(limits: parts.parameters(Shorten.Limits.self)) }
            functions.add("measure") { parts in try Measure(web: parts.web) }
            functions.add("summarise") { parts in try Summarise(model: parts.model) }
        }
    }
}
