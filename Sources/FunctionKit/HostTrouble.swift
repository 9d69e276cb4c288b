/// Why a host cannot do its work for now, though nothing is wrong with the message at hand.
///
/// An error is the message's only where another host, later, would surely meet it as well. Any other is of this kind: it
/// uses up no attempt, the message waits, and the host takes no more of the function but one message now and then.
public struct HostTrouble: Sendable, Hashable {
    /// What is wrong, from a closed set.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The host's clock is too far off for the service.
        case clock
        /// Keys, token or password are missing, wrong or expired.
        case credentials
        /// The account may not do this.
        case access
        /// What is asked is not there: a model, a region, a collection, a database.
        case notFound = "not-found"
        /// The service, or something in between, does not take the request, whatever the message.
        case refused
        /// A model without a price in force, a bound or a budget.
        case notGoverned = "not-governed"
        /// The service asks to come back later.
        case throttled
        /// The account's share is used up.
        case quota
        /// The service failed, or did not answer in time.
        case unavailable
        /// No connection: name look-up, TLS, refused.
        case unreachable
        /// Too many calls in a row were paid for in doubt, so that none is made for a while.
        case circuitOpen = "circuit-open"
        /// The model cost more than it was to cost at most.
        case breach
        /// A stand-in of the model is asked where the real one is.
        case standIn = "stand-in"

        /// Whether a person has to do something; the others pass by themselves.
        public var needsPerson: Bool {
            switch self {
            case .clock, .credentials, .access, .notFound, .refused, .notGoverned, .quota, .breach, .standIn: true
            case .throttled, .unavailable, .unreachable, .circuitOpen: false
            }
        }

        /// What a person can do, in a few words.
        public var advice: String {
            switch self {
            case .clock: "set the clock of this host right, or that of the server that it disagrees with"
            case .credentials: "renew or correct the keys of this host"
            case .access: "give this account access to it"
            case .notFound: "correct its name, its region or its address"
            case .refused: "look at the address, and at what stands in between"
            case .notGoverned: "add a price to budgets/prices or a budget to budgets"
            case .throttled: "nothing: it is asked again later"
            case .quota: "wait until the quota is free again, or have it raised"
            case .unavailable: "nothing: it is asked again later"
            case .unreachable: "see whether its name, its certificate and the network are in order"
            case .circuitOpen: "look at the model's service: its calls cost money and bring no answer"
            case .breach: "raise the bound of its price in budgets/prices, or see `sluice budget breach list`"
            case .standIn: "set SLUICE_BEDROCK_ENDPOINT, or name another folder with --data"
            }
        }
    }

    /// What is wrong.
    public var kind: Kind
    /// A short constant name, such as `model-rejected`.
    ///
    /// Never contains input.
    public var code: String
    /// The service's own name for it, such as `AccessDeniedException`; nil where it has none.
    public var serviceCode: String?
    /// Who was asked, such as `https://bedrock-runtime.ap-south-1.amazonaws.com`; nil where that says nothing.
    ///
    /// For a person at a terminal: it is not part of ``description``, which is logged.
    public var address: String?
    /// How long it is to be left alone; nil where the host decides.
    public var pause: Duration?

    /// Makes a trouble.
    public init(_ kind: Kind, code: String, serviceCode: String? = nil, pause: Duration? = nil) {
        self.kind = kind
        self.code = code
        self.serviceCode = serviceCode
        self.pause = pause
    }
}

extension HostTrouble: CustomStringConvertible {
    /// The reason and the service's own name for it: `model-rejected (AccessDeniedException)`.
    public var description: String { code + (serviceCode.map { " (\($0))" } ?? "") }
}
