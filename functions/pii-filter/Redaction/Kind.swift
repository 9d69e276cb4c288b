/// What a piece of personal data is; the raw value is the placeholder's label.
enum Kind: String, CaseIterable, Sendable {
    /// An e-mail address.
    case email = "EMAIL"
    /// A phone number.
    case phone = "PHONE"
    /// A number of the Indian resident register, or a virtual id that stands for one.
    case aadhaar = "AADHAAR"
    /// A permanent account number of the Indian income tax.
    case pan = "PAN"
    /// A payment card number.
    case card = "CARD"
    /// An address of the Unified Payments Interface.
    case upi = "UPI"
    /// A bank branch code.
    case ifsc = "IFSC"
    /// A goods and services tax registration.
    case gstin = "GSTIN"
    /// A bank account number.
    case account = "ACCOUNT"
    /// A voter's card number.
    case voterID = "VOTER_ID"
    /// An Indian passport number.
    case passport = "PASSPORT"
    /// A vehicle registration.
    case vehicle = "VEHICLE"
    /// A driving licence number.
    case drivingLicence = "DRIVING_LICENCE"
    /// A date of birth.
    case birthDate = "BIRTH_DATE"
    /// A postal address.
    case address = "ADDRESS"
    /// A person's name.
    case name = "NAME"
}
