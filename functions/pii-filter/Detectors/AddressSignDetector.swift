/// Finds what is written around an @: e-mail addresses and UPI ids.
struct AddressSignDetector: Detector {
    func candidates(in text: FoldedText) -> [Candidate] {
        var found: [Candidate] = []
        for index in text.values.indices where text.has("@", at: index) {
            if let candidate = candidate(at: index, in: text) { found.append(candidate) }
        }
        return found
    }

    private func candidate(at sign: Int, in text: FoldedText) -> Candidate? {
        // "asha @ gmail.com": people part an address so that a filter misses it.
        let leftGap = text.kind(at: sign - 1) == .space ? 1 : 0
        let rightGap = text.kind(at: sign + 1) == .space ? 1 : 0
        guard let local = localPart(endingAt: sign - leftGap, in: text) else { return nil }
        let host = hostPart(startingAt: sign + 1 + rightGap, in: text)
        guard let first = host.labels.first else { return nil }
        let range = local.lowerBound..<host.end
        let key = text.lowercased(range).filter { $0 != " " }
        let provider = text.lowercased(first)
        let isSpaced = leftGap + rightGap > 0
        if host.labels.count > 1, isTopLevel(host.labels[host.labels.count - 1], in: text) {
            guard !isSpaced || Self.mailProviders.contains(provider) else { return nil }
            return Candidate(kind: .email, range: range, key: key, strength: .certain)
        }
        let handle = local.lowerBound..<first.upperBound
        if Self.mailProviders.contains(provider) {
            return Candidate(kind: .email, range: handle, key: text.lowercased(handle), strength: .certain)
        }
        guard !isSpaced || Self.handles.contains(provider), isHandle(first, in: text) else { return nil }
        let isKnown = Self.handles.contains(provider)
        let isCued =
            local.count >= 2 && text.hasCue([.upi, .account], before: text.tokenAt[local.lowerBound], wordsMax: 8)
        guard isKnown || isCued else { return nil }
        let upiKey = text.lowercased(handle).filter { $0 != " " }
        return Candidate(kind: .upi, range: handle, key: upiKey, strength: .certain)
    }

    /// Letters, digits and the marks that RFC 5321 lets stand unquoted, with no dot at the ends.
    private func localPart(endingAt end: Int, in text: FoldedText) -> Range<Int>? {
        var start = end
        while start > 0, isLocal(start - 1, in: text) { start -= 1 }
        while start < end, !text.isAlphanumeric(at: start), !text.has("_", at: start) { start += 1 }
        guard start < end, !text.has(".", at: end - 1) else { return nil }
        return start..<end
    }

    private func isLocal(_ index: Int, in text: FoldedText) -> Bool {
        text.isAlphanumeric(at: index)
            || [0x2E, 0x5F, 0x2D, 0x2B, 0x25, 0x27, 0x26, 0x23, 0x7E, 0x3D].contains(text.value(at: index))
    }

    /// Labels of letters, digits and inner dashes with dots between.
    private func hostPart(startingAt start: Int, in text: FoldedText) -> (labels: [Range<Int>], end: Int) {
        var labels: [Range<Int>] = []
        var index = start
        while true {
            let label = index
            while text.isAlphanumeric(at: index) || text.has("-", at: index) && index > label {
                index += 1
            }
            while index > label, text.has("-", at: index - 1) { index -= 1 }
            guard index > label else { break }
            labels.append(label..<index)
            guard text.has(".", at: index), text.isAlphanumeric(at: index + 1) else { break }
            index += 1
        }
        return (labels, labels.last?.upperBound ?? start)
    }

    private func isTopLevel(_ label: Range<Int>, in text: FoldedText) -> Bool {
        label.count >= 2
            && (label.allSatisfy { text.classes[$0] == .letter } || text.lowercased(label).hasPrefix("xn--"))
    }

    private func isHandle(_ label: Range<Int>, in text: FoldedText) -> Bool {
        (2...32).contains(label.count) && text.classes[label.lowerBound] == .letter
            && label.allSatisfy { text.isAlphanumeric(at: $0) && text.values[$0] < 0x80 }
    }

    private static let mailProviders: Set<String> = [
        "gmail", "googlemail", "yahoo", "ymail", "rocketmail", "outlook", "hotmail", "live", "msn", "rediffmail",
        "rediff", "icloud", "protonmail", "proton", "zoho", "zohomail", "aol", "mail", "gmx", "yandex",
    ]

    /// Handles of payment apps and banks, as the apps' own help pages and the banks show them.
    private static let handles: Set<String> = Set(
        """
        okaxis oksbi okicici okhdfcbank okhdfc ybl ibl axl paytm ptsbi ptaxis ptyes pthdfc upi apl yapl rapl waicici waaxis \
        wahdfcbank wasbi axisbank axisb axis sbi hdfcbank hdfcbankjd hdfc icici icicibank icicipay kotak kotak811 kmbl kbl \
        yesbank yesbankltd yespay idfcbank idfc idfcfirst idfcfirstbank idfcnetc indus indusind induspay federal fbl fbpl \
        barodampay barodapay bob boi boiupi cnrb canarabank pnb punb unionbank unionbankofindia uboi ubi uco ucobank \
        centralbank cbin cboi idbi idbibank iob indianbank indbank allbank mahb mahabank psb sib dcb dbs rbl rblbank \
        aubank equitas ujjivan utbi utkarshbank bandhan csbpay csbcash dlb kvb kvbank lvb tjsb nsdl airtel airtelpaymentsbank \
        airtelbank jio jiopay freecharge fam yesfam amazonpay amazon tapicici timecosmos slice sliceaxis slc jupiteraxis \
        jupiter navi naviaxis goaxb axisgo superyes superaxis shriramhdfcbank ikwik mbk mobikwik postbank ippb payzapp pz pingpay \
        eazypay ezeepay myicici abfspay axisgm okbizaxis okbizicici citi citigold hsbc scb scbl sc scmobile bhim imobile \
        finobank trans tmb kaypay kmb obc vijb andb syndicate srcb surat dhani cred yescred axiscred cmsidfc rajgovhdfcbank
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}
