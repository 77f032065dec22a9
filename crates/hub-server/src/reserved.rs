//! What the paths of this Hub begin with. No account may have such a name: its repositories could not be reached.

use hub_types::RepoType;

/// The paths for those who run a server, without the slash.
pub(crate) const PROBES: [&str; 3] = ["healthz", "readyz", "metrics"];
/// The API, and the store of Xet.
const OTHERS: [&str; 2] = ["api", "_xet"];
/// Pages that belong to no account.
const PAGES: [&str; 6] = ["_page", "activity", "login", "logout", "new", "settings"];

/// Whether a path of the Hub begins with this name. Upper and lower case are the same, as they are for accounts.
pub(crate) fn is_reserved(name: &str) -> bool {
    let kinds = RepoType::ALL.into_iter().map(RepoType::plural);
    kinds.chain(PROBES).chain(OTHERS).chain(PAGES).any(|reserved| reserved.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn everything_that_a_path_begins_with_is_reserved() {
        for route in routes() {
            let first = route.path.split('/').nth(1).unwrap();
            assert!(first.is_empty() || first.starts_with('{') || is_reserved(first), "{}", route.path);
        }
        for name in ["datasets", "Spaces", "models", "metrics"] {
            assert!(is_reserved(name), "{name}");
        }
        for name in ["ada", "apis", "model", "users"] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
