//! What looks like a mistake in a list of operations.

use std::collections::HashMap;

use crate::CommitOperation;

/// What looks like a mistake in a list of operations but is allowed. Python warns about the same.
pub(crate) fn warnings(operations: &[CommitOperation]) -> Vec<String> {
    let mut found = Vec::new();
    // How many additions each path and each folder above it has had so far.
    let mut added: HashMap<&str, u64> = HashMap::new();
    for operation in operations {
        let path = operation.path_in_repo();
        match operation {
            CommitOperation::Add(_) | CommitOperation::Copy(_) => {
                let times = added.entry(path).or_default();
                *times += 1;
                if *times > 1 {
                    found.push(format!("{path:?} is added more than once; the last one stays"));
                }
                for (at, _) in path.match_indices('/') {
                    *added.entry(path.get(..at).unwrap_or_default()).or_default() += 1;
                }
            }
            CommitOperation::Delete(delete) => {
                if added.contains_key(path) {
                    let what = if delete.is_folder() { "folder" } else { "file" };
                    found.push(format!("the {what} {path:?} is deleted after something was added to it"));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CommitOperationAdd, CommitOperationDelete, IsFolder};

    fn add(path: &str) -> CommitOperation {
        CommitOperationAdd::new(path, b"x".as_slice()).unwrap().into()
    }

    fn delete(path: &str) -> CommitOperation {
        CommitOperationDelete::new(path, IsFolder::Auto).unwrap().into()
    }

    #[test]
    fn only_what_undoes_an_earlier_step_is_warned_about() {
        let table = [
            (vec![add("a"), add("b")], 0),
            (vec![add("a"), add("a")], 1),
            (vec![add("a"), delete("a")], 1),
            (vec![delete("a"), add("a")], 0),
            (vec![add("d/a"), delete("d/")], 1),
            (vec![add("d/e/a"), delete("d/")], 1),
            (vec![add("da"), delete("d/")], 0),
            (vec![delete("d/"), add("d/a")], 0),
        ];
        for (operations, expected) in table {
            let found = warnings(&operations);
            assert_eq!(found.len(), expected, "{operations:?}: {found:?}");
        }
    }
}
