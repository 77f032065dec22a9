//! Any sequence of commits gives what a map of paths would hold.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::store::{
    StoreError,
    testing::{commit, fsck, model, temporary},
};

/// Few names, so that files and folders collide often.
fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof!["a", "b", "a\\.x", "c"], 1..4).prop_map(|parts| parts.join("/"))
}

fn is_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// What one commit should make of the files, or `None` when it should be refused.
fn expected(
    files: &BTreeMap<String, String>,
    changes: &[(String, Option<String>)],
) -> Option<BTreeMap<String, String>> {
    let mut files = files.clone();
    for (path, content) in changes {
        match content {
            Some(content) => {
                if files.keys().any(|other| is_in(other, path) || is_in(path, other)) {
                    return None;
                }
                files.insert(path.clone(), content.clone());
            }
            None => {
                let before = files.len();
                files.retain(|other, _| other != path && !is_in(other, path));
                if files.len() == before {
                    return None;
                }
            }
        }
    }
    Some(files)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_repository_holds_what_was_committed(
        commits in proptest::collection::vec(
            proptest::collection::vec((path(), proptest::option::weighted(0.7, "[xyz]{0,3}")), 1..5),
            1..12,
        )
    ) {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        let git = store.git(&repo).unwrap();
        commit(&store, &repo, &[(".gitattributes", None)]).unwrap();
        let mut files = BTreeMap::new();
        for changes in &commits {
            let tip = git.resolve("main").unwrap();
            let plain: Vec<_> =
                changes.iter().map(|(path, content)| (path.as_str(), content.as_deref())).collect();
            match (commit(&store, &repo, &plain), expected(&files, changes)) {
                (Ok(_), Some(after)) => files = after,
                (Err(StoreError::PathConflict { .. } | StoreError::EntryNotFound { .. }), None) => {
                    prop_assert_eq!(git.resolve("main").unwrap(), tip);
                }
                (result, after) => prop_assert!(false, "{result:?} where {after:?} was expected"),
            }
            let stored: BTreeMap<String, String> = git
                .all_files(git.resolve("main").unwrap())
                .unwrap()
                .into_iter()
                .map(|entry| (entry.path, String::from_utf8(git.blob(entry.oid).unwrap()).unwrap()))
                .collect();
            prop_assert_eq!(&stored, &files);
        }
        fsck(&store, &repo);
    }
}
