//! One object, whole.

use gix::ObjectId;

use crate::store::{Result, StoreError};

/// The content of an object that must be of the given kind.
pub(super) fn read_object(
    repo: &gix::Repository,
    id: ObjectId,
    expected: gix::objs::Kind,
) -> Result<Vec<u8>> {
    // The empty tree need not be stored.
    if expected == gix::objs::Kind::Tree && id.is_empty_tree() {
        return Ok(Vec::new());
    }
    let object = repo.try_find_object(id).map_err(StoreError::git("read an object"))?;
    match object {
        Some(mut object) if object.kind == expected => Ok(std::mem::take(&mut object.data)),
        _ => Err(StoreError::ObjectMissing { id, expected: kind_name(expected) }),
    }
}

pub(super) const fn kind_name(kind: gix::objs::Kind) -> &'static str {
    match kind {
        gix::objs::Kind::Blob => "blob",
        gix::objs::Kind::Tree => "tree",
        gix::objs::Kind::Commit => "commit",
        gix::objs::Kind::Tag => "tag",
    }
}
