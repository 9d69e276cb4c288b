import Bedrock

/// The keys that client and stand-in share; they open nothing else.
enum StandInKeys {
    static let credentials = AWSCredentials(accessKeyID: "STANDIN", secretAccessKey: "known-to-both-sides-of-loopback")
}
