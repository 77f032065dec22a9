//! Faults that are known and not mended yet: the lanes go on, and print them.

/// What a finding begins with and what it contains. An entry goes as soon as it is mended.
const KNOWN: &[(&str, &str)] = &[
    // "The Hub accepted the change, but the discussion does not show it" is an error of no kind.
    ("merge:0", "an error of no kind"),
    // The same commit of another user, with the same title and content, is taken for ours: the author is not compared.
    ("twin:", "false recovered"),
];

/// Fails when something went wrong that is not known yet; one finding is one text that begins with its place.
///
/// # Panics
/// With all findings that are new.
#[allow(clippy::print_stdout, reason = "what is known is shown with the test's output")]
pub fn check(findings: Vec<String>) {
    let is_known =
        |finding: &String| KNOWN.iter().any(|(at, what)| finding.starts_with(at) && finding.contains(what));
    let (known, new): (Vec<_>, Vec<_>) = findings.into_iter().partition(is_known);
    for finding in known {
        println!("known: {}", finding.lines().next().unwrap_or_default());
    }
    assert!(new.is_empty(), "{} findings:\n{}", new.len(), new.join("\n"));
}
