/// Finds one group of kinds of personal data.
///
/// A detector takes time linear in the text, whatever the text.
protocol Detector: Sendable {
    /// All places where the detector sees its kinds. They may overlap: the ``Redactor`` decides.
    func candidates(in text: FoldedText) -> [Candidate]
}
