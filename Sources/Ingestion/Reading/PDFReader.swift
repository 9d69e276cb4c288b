import FoundationEssentials
import Subprocess

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
        let result = await withTaskGroup(of: Result<String, SkipReason>.self) { group in
            group.addTask {
                do {
                    let ended = try await run(
                        .name("pdftotext"), arguments: ["-q", "-enc", "UTF-8", file, "-"],
                        output: .string(limit: textBytesMax), error: .discarded)
                    guard ended.terminationStatus.isSuccess else { return .failure(.unreadablePDF) }
                    return .success(ended.standardOutput)
                } catch let error as SubprocessError where error.code == .executableNotFound {
                    return .failure(.noPDFReader)
                } catch {
                    return .failure(.unreadablePDF)
                }
            }
            group.addTask {
                // Ends early where the text is there; the other task ends its process when it is cancelled.
                try? await Task.sleep(for: timeMax)
                return .failure(.slowPDF)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.unreadablePDF)
        }
        return try result.get()
    }
}
