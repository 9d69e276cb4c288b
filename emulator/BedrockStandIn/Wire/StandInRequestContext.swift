import Hummingbird
import NIOCore

/// Hummingbird's context, with the connection, so that the stand-in can hang up.
struct StandInRequestContext: RequestContext {
    /// As large as Bedrock takes: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html>.
    static let bodyBytesMax = 25_000_000

    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
