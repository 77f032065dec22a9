//! What the searches find.

/// Fails with all findings; one is one text that begins with its place.
///
/// # Panics
/// When there is one.
pub fn none(findings: Vec<String>) {
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}
