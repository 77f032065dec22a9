//! What a commit leaves at the paths that it touches: by this it is known again.

use std::collections::BTreeMap;

use crate::body::ndjson::{Line, Payload};
use crate::outcome_unknown::Expected;
use hub_types::hex::encode as hex;

/// What the lines leave at each path, in order: later lines win.
pub(crate) fn fingerprint(payload: &Payload) -> BTreeMap<String, Expected> {
    let mut left: BTreeMap<String, Expected> = BTreeMap::new();
    let lfs = payload.lines().any(|line| matches!(line, Line::Lfs { .. }));
    for line in payload.lines() {
        let file = |id: &[u8], size| Expected::File { oid: hex(id), size };
        match line {
            Line::Delete(delete) => {
                let path = delete.path_in_repo().to_owned();
                let below = format!("{path}/");
                left.retain(|other, _| !other.starts_with(&below));
                left.insert(path, Expected::Absent);
            }
            Line::Lfs { path, size, sha256 } => put(&mut left, path, file(&sha256, size)),
            // The server adds a line for each LFS file that no rule covers.
            Line::Regular { add, .. } if lfs && add.path_in_repo() == ".gitattributes" => {
                put(&mut left, add.path_in_repo(), Expected::Present)
            }
            Line::Regular { add, stamp, git } => {
                let state = git.get().map_or(Expected::Present, |id| file(id, stamp.size));
                put(&mut left, add.path_in_repo(), state);
            }
        }
    }
    left
}

/// A file also makes the folders above it be there.
fn put(left: &mut BTreeMap<String, Expected>, path: &str, state: Expected) {
    for (at, _) in path.match_indices('/') {
        left.remove(path.get(..at).unwrap_or_default());
    }
    left.insert(path.to_owned(), state);
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use hub_transport::Reporter;

    use super::*;
    use crate::inspect::Seen;
    use crate::preupload::decision::{Added, Decision};
    use crate::source::{Stamp, SystemFiles};
    use crate::{CommitOperation, CommitOperationAdd, CommitOperationDelete, IsFolder};

    fn add(path: &str) -> CommitOperation {
        CommitOperationAdd::new(path, b"x".as_slice()).unwrap().into()
    }

    fn delete(path: &str) -> CommitOperation {
        CommitOperationDelete::new(path, IsFolder::Auto).unwrap().into()
    }

    /// What the operations leave, with additions in LFS where the path ends in `.bin`.
    fn left_by(operations: Vec<CommitOperation>) -> BTreeMap<String, Expected> {
        let file = |(operation, step): (usize, &CommitOperation)| {
            let CommitOperation::Add(add) = step else { return None };
            let in_lfs = add.path_in_repo().ends_with(".bin");
            let decision =
                if in_lfs { Decision::Lfs([2; 32]) } else { Decision::Regular(OnceLock::from([1; 20])) };
            let seen = Seen { operation, stamp: Stamp::of_size(1) };
            Some(Added { decision, ..seen.into() })
        };
        let added: Vec<_> = operations.iter().enumerate().filter_map(file).collect();
        fingerprint(&Payload {
            added: added.into(),
            operations: operations.into(),
            files: Arc::new(SystemFiles),
            reporter: Reporter::default(),
            digests: None,
        })
    }

    #[test]
    fn the_fingerprint_is_what_all_lines_together_leave() {
        let regular = || Expected::File { oid: "01".repeat(20), size: 1 };
        let lfs = || Expected::File { oid: "02".repeat(32), size: 1 };
        let table = [
            (vec![add("a"), add("w.bin")], vec![("a", regular()), ("w.bin", lfs())]),
            (vec![add("a"), delete("a")], vec![("a", Expected::Absent)]),
            (vec![delete("a"), add("a")], vec![("a", regular())]),
            (vec![add("d/a"), delete("d/")], vec![("d", Expected::Absent)]),
            (vec![delete("d/"), add("d/a")], vec![("d/a", regular())]),
            (vec![add(".gitattributes")], vec![(".gitattributes", regular())]),
            (
                vec![add(".gitattributes"), add("w.bin")],
                vec![(".gitattributes", Expected::Present), ("w.bin", lfs())],
            ),
        ];
        for (operations, expected) in table {
            let expected = expected.into_iter().map(|(path, state)| (path.to_owned(), state)).collect();
            assert_eq!(left_by(operations.clone()), expected, "{operations:?}");
        }
    }
}
