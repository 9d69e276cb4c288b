import FoundationEssentials
import Subprocess
import Waiting

/// Reads PDF by Debian's `pdftotext` (package poppler-utils), in a process of its own: a damaged file harms nobody else.
enum PDFReader {
    private static let textBytesMax = 64 << 20
    private static let timeMax = Duration.seconds(60)

    /// The text of a file as sections; its lines are as long as those on paper, so paragraphs are joined.
    ///
    /// - Throws: ``SkipReason``.
    static func sections(_ path: String) async throws(SkipReason) -> [Section] {
        let text = try await text(path)
        let paragraphs = try UTF8Lines.of(Data(text.utf8)).map { $0.replacing("\u{C}", with: "\n") }
            .joined(separator: "\n").split(separator: /\n\s*\n/).flatMap(lines)
        return TextReader.sections(paragraphs.flatMap { [$0, ""] })
    }

    /// A paragraph as one line; lines of capitals stay by themselves, for they may be headings.
    private static func lines(_ paragraph: Substring) -> [String] {
        let lines = paragraph.split(separator: "\n").map(\.oneLine)
        return lines.contains { $0.contains(where: \.isLowercase) } ? [lines.joined(separator: " ")] : lines
    }

    private static func text(_ path: String) async throws(SkipReason) -> String {
        // A path of its own could be taken for an option.
        let file = path.hasPrefix("/") ? path : "./\(path)"
        // Its process ends when it is cancelled.
        let text = try await Deadline(after: timeMax, by: .continuous).value { () async throws(SkipReason) -> String in
            do {
                let ended = try await run(
                    .name("pdftotext"), arguments: ["-q", "-enc", "UTF-8", file, "-"],
                    output: .string(limit: textBytesMax), error: .discarded)
                guard ended.terminationStatus.isSuccess else { throw SkipReason.unreadablePDF }
                return ended.standardOutput
            } catch let error as SubprocessError where error.code == .executableNotFound {
                throw .noPDFReader
            } catch {
                throw .unreadablePDF
            }
        }
        guard let text else { throw .slowPDF }
        return text
    }
}
