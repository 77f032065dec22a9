//! The URL of the same thing after its repository got another name.

use crate::{RepoId, RepoType};

/// A path of one repository, rewritten for the name that the repository has now; what follows the id stays as it was
/// written. `None` when the path does not hold an id with a namespace.
///
/// ```
/// let now = "ada/new".parse()?;
/// let path = hub_types::route::renamed("/api/models/ada/old/tree/refs%2Fpr%2F1/a%20b", &now);
/// assert_eq!(path.as_deref(), Some("/api/models/ada/new/tree/refs%2Fpr%2F1/a%20b"));
/// # Ok::<(), hub_types::ParseError>(())
/// ```
pub fn renamed(path: &str, now: &RepoId) -> Option<String> {
    let mut segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let is_kind = |word: Option<&&str>| {
        RepoType::ALL.into_iter().any(|kind| word.is_some_and(|word| *word == kind.plural()))
    };
    let at = match segments.first() {
        Some(&"api") => 2,
        first if is_kind(first) => 1,
        _ => 0,
    };
    let name = segments.get(at + 1)?;
    let suffix = if name.ends_with(".git") { ".git" } else { "" };
    let id = format!("{now}{suffix}");
    segments.splice(at..at + 2, [id.as_str()]);
    Some(format!("/{}", segments.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_changes() {
        let now: RepoId = "bob/new".parse().unwrap();
        for (before, after) in [
            ("/api/models/ada/old", "/api/models/bob/new"),
            ("/api/spaces/ada/old/like", "/api/spaces/bob/new/like"),
            ("/ada/old/resolve/main/a%2Fb", "/bob/new/resolve/main/a%2Fb"),
            ("/datasets/ada/old/raw/main/x", "/datasets/bob/new/raw/main/x"),
            ("/ada/old.git/info/lfs/objects/batch", "/bob/new.git/info/lfs/objects/batch"),
        ] {
            assert_eq!(renamed(before, &now).as_deref(), Some(after));
        }
        for none in ["", "/", "/api/models/gpt2", "/gpt2"] {
            assert_eq!(renamed(none, &now), None, "{none}");
        }
    }
}
