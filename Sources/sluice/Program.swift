import ConsumerRights
import Sluice

@main
struct Program {
    static func main() async {
        await SluiceProgram.run { functions in functions.addConsumerRights() }
    }
}
