/// What a word before a number says about it.
enum Cue: Sendable {
    case phone, aadhaar, card, account, order, currency, upi, pan, gstin, passport, voter, licence, vehicle, helpline

    /// Words that may stand between a cue and what it speaks of.
    static let fillers = """
        no nos number numbers num nr is was id ids code the my as card details ka ki hai name with of were नंबर नम्बर संख्या है
        """

    /// The cues and their words; where a word is in two lists, the first counts.
    static let lists: [(Cue, String)] = [
        (
            .phone,
            """
            phone ph phn tel telephone mobile mob mobil mo cell cellphone contact whatsapp wa call calling landline \
            fax sms text dial ring reach mobno phno telegram मोबाइल फोन फ़ोन संपर्क व्हाट्सएप कॉल
            """
        ),
        (.aadhaar, "aadhaar aadhar adhaar adhar aadharcard aadhaarcard uidai uid vid आधार"),
        (.card, "debit credit visa mastercard rupay amex maestro card cardno कार्ड"),
        (.account, "account accounts acct acc ac acno accno khata खाता खाते"),
        (
            .order,
            """
            order orders orderid ord od invoice inv bill tracking track awb waybill consignment docket shipment \
            ref reference ticket txn transaction utr rrn pnr sr srn complaint receipt challan serial imei model \
            section sku asin isbn ean barcode grievance booking policy case token batch ऑर्डर बिल
            """
        ),
        (.currency, "rs inr rupees rupee usd re रुपये रुपए"),
        (
            .upi,
            """
            upi vpa gpay googlepay phonepe bhim paytm transferred transfer paid pay sent send collect paying \
            यूपीआई
            """
        ),
        (.pan, "pan पैन"),
        (.gstin, "gst gstin gstins"),
        (.passport, "passport पासपोर्ट"),
        (.voter, "voter epic election"),
        (.licence, "licence license dl driving"),
        (
            .vehicle,
            """
            vehicle car bike scooter scooty motorcycle motorbike taxi cab auto truck registration regn reg rc drove \
            plate गाड़ी
            """
        ),
        (.helpline, "helpline tollfree"),
    ]
}

extension FoldedText {
    /// The nearest cue before a token, within its line and sentence.
    ///
    /// - Returns: The cue, its word's position, and whether only fillers and punctuation stand between.
    func cue(before token: Int, wordsMax: Int) -> (cue: Cue, token: Int, isDirect: Bool)? {
        var isDirect = true
        var right = token
        for _ in 0..<wordsMax {
            let left = right - 1
            guard left >= 0, gap(left, right, isFiller: right != token) else { return nil }
            let word = tokens[left]
            if let cue = word.cue, !(cue == .card && isFillerCard(left)), !isHostLabel(word) {
                return (cue, left, isDirect)
            }
            if word.text == "c", left > 0, tokens[left - 1].text == "a", has("/", at: word.range.lowerBound - 1) {
                return (.account, left - 1, isDirect)
            }
            if !word.traits.contains(.filler) { isDirect = false }
            right = left
        }
        return nil
    }

    /// Whether any of the cues is among the words before a token, however many others stand between.
    func hasCue(_ cues: Set<Cue>, before token: Int, wordsMax: Int) -> Bool {
        var left = token - 1
        while left >= 0, left >= token - wordsMax {
            if let cue = tokens[left].cue, cues.contains(cue) { return true }
            left -= 1
        }
        return false
    }

    /// "Aadhaar card 1234": the card is part of the cue before it.
    private func isFillerCard(_ index: Int) -> Bool {
        guard tokens[index].text == "card", index > 0 else { return false }
        return [.aadhaar, .pan, .voter].contains(tokens[index - 1].cue)
    }

    /// "example.ac.in": the label of a host says nothing of the number behind it.
    private func isHostLabel(_ token: Token) -> Bool {
        has(".", at: token.range.lowerBound - 1) && isAlphanumeric(at: token.range.lowerBound - 2)
            && has(".", at: token.range.upperBound)
    }

    /// Whether the space between two neighbouring tokens lets a cue reach over it.
    private func gap(_ left: Int, _ right: Int, isFiller: Bool) -> Bool {
        let range = tokens[left].range.upperBound..<tokens[right].range.lowerBound
        guard range.count <= 5 else { return false }
        var afterStop = false
        for index in range {
            if classes[index] == .newline || values[index] == Folding.barrier { return false }
            // A full stop and a space end the sentence, but for short forms such as "no." and "mob.".
            if afterStop, classes[index] == .space { return false }
            let stops = has(".", at: index) || has("?", at: index) || has("!", at: index) || has(";", at: index)
            afterStop = stops && tokens[left].range.count > 4 || has(";", at: index)
        }
        return true
    }
}
