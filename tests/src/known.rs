//! Faults that are known and not mended yet: the lanes go on, and print them.

/// What a finding begins with and what it contains. An entry goes as soon as it is mended.
const KNOWN: &[(&str, &str)] = &[
    // A success that cannot be read is taken for a failure or a reason to send again.
    ("", "Wrong(Html)"),
    ("", "Wrong(Empty)"),
    ("", "Wrong(NoContent)"),
    ("", "Wrong(CutJson)"),
    ("", "Wrong(NoFields)"),
    ("", "Wrong(NullFields)"),
    ("", "Wrong(ContentType)"),
    ("", "Wrong(LoginPage)"),
    ("", "Wrong(LoginPage307)"),
    ("", "after Short"),
    ("", "after Corrupt"),
    ("merge", "an error of no kind"),
    // A success that names another repository is believed.
    ("", "Wrong(OtherRepo)"),
    // 408 after a complete request is taken for proof that nothing was done.
    ("", "Status(408)"),
    // All of these at once.
    ("sim_wrong", ""),
    ("wrong_discussion", ""),
    ("wrong_comment", ""),
    // What another call of the same client made is claimed.
    ("f61_", "calls claim"),
    // The same commit of another user is claimed: the author is not compared.
    ("twin", "false recovered"),
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
