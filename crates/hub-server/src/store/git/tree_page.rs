//! A page of what is in a folder: only the folders that the page shows are read, however many there are.

use gix::{
    bstr::ByteSlice,
    objs::{Kind, TreeRefIter},
};

use super::{
    CommitId, Entry, GitRepo, ObjectId,
    object::read_object,
    read::{LONGEST_PATH, MOST_ENTRIES, Mode, describe},
};
use crate::store::{Result, StoreError};

/// A step of a listing.
enum Step {
    /// The entry itself.
    Entry(String, Mode, ObjectId),
    /// What is below a folder.
    Below(String, ObjectId),
}

impl GitRepo {
    /// What is in a folder (empty text: the root), by path in byte order; with `recursive` also below it. Begins after the path
    /// `after`, and gives at most `limit` entries and whether there are more.
    ///
    /// # Errors
    /// `EntryNotFound` when the folder is not there or is a file.
    pub(crate) fn list_page(
        &self,
        commit: CommitId,
        folder: &str,
        recursive: bool,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Entry>, bool)> {
        let mut listing = self.listing(commit, folder, recursive, after)?;
        let mut page = Vec::new();
        while let Some((path, mode, oid)) = listing.next()? {
            if page.len() == limit {
                return Ok((page, true));
            }
            page.push(describe(&listing.repo, path, mode, oid)?);
        }
        Ok((page, false))
    }

    /// The paths of the first files of a commit, in byte order, at most `limit`: no file is opened.
    pub(crate) fn first_paths(&self, commit: CommitId, limit: usize) -> Result<Vec<String>> {
        let mut listing = self.listing(commit, "", true, None)?;
        let mut paths = Vec::new();
        while paths.len() < limit
            && let Some((path, mode, _)) = listing.next()?
        {
            if mode.is_blob() {
                paths.push(path);
            }
        }
        Ok(paths)
    }

    /// Calls `each` with every file below a folder, by path in byte order.
    ///
    /// # Errors
    /// `EntryNotFound` when the folder is not there or is a file; `TooLarge` when there is no end to it.
    pub(crate) fn each_file(
        &self,
        commit: CommitId,
        folder: &str,
        mut each: impl FnMut(Entry),
    ) -> Result<()> {
        let mut listing = self.listing(commit, folder, true, None)?;
        while let Some((path, mode, oid)) = listing.next()? {
            if mode.is_blob() {
                each(describe(&listing.repo, path, mode, oid)?);
            }
        }
        Ok(())
    }

    fn listing(
        &self,
        commit: CommitId,
        folder: &str,
        recursive: bool,
        after: Option<&str>,
    ) -> Result<Listing> {
        let repo = self.open.local()?;
        let folder = folder.trim_end_matches('/');
        let tree = self.folder(&repo, commit, folder)?;
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let open = vec![steps(&repo, &prefix, tree, recursive, after)?.into_iter()];
        Ok(Listing { repo, open, recursive, after: after.map(str::to_owned), seen: 0 })
    }
}

/// A listing that goes on as far as it is asked to. Whoever pushes decides how deep it is: there is no recursion.
struct Listing {
    repo: gix::Repository,
    open: Vec<std::vec::IntoIter<Step>>,
    recursive: bool,
    after: Option<String>,
    /// Entries so far: a folder may be in it again and again.
    seen: usize,
}

impl Listing {
    /// The next entry.
    fn next(&mut self) -> Result<Option<(String, Mode, ObjectId)>> {
        while let Some(last) = self.open.last_mut() {
            match last.next() {
                None => drop(self.open.pop()),
                Some(Step::Entry(path, mode, oid)) => {
                    self.seen += 1;
                    if self.seen > MOST_ENTRIES {
                        let reason =
                            "it has more than 1000000 files and folders; ask for one folder at a time";
                        return Err(StoreError::TooLarge { reason });
                    }
                    return Ok(Some((path, mode, oid)));
                }
                Some(Step::Below(path, oid)) => {
                    let prefix = format!("{path}/");
                    let steps = steps(&self.repo, &prefix, oid, self.recursive, self.after.as_deref())?;
                    self.open.push(steps.into_iter());
                }
            }
        }
        Ok(None)
    }
}

/// The entries of one folder and where what is below them comes in between, in the order of paths, as far as they come after one.
fn steps(
    repo: &gix::Repository,
    prefix: &str,
    tree: ObjectId,
    recursive: bool,
    after: Option<&str>,
) -> Result<Vec<Step>> {
    let data = read_object(repo, tree, Kind::Tree)?;
    // A folder comes before everything whose name begins with its name, what is below it where a slash comes.
    let mut steps: Vec<(Vec<u8>, Step)> = Vec::new();
    for entry in TreeRefIter::from_bytes(&data, repo.object_hash()) {
        let entry = entry.map_err(StoreError::git("read a folder"))?;
        let path = format!("{prefix}{}", entry.filename.to_str_lossy());
        if path.len() > LONGEST_PATH {
            return Err(StoreError::TooLarge { reason: "it has a path of more than 4096 bytes" });
        }
        let oid = entry.oid.to_owned();
        if recursive && entry.mode.is_tree() {
            let below = format!("{path}/");
            // Not all of it came before.
            if after.is_none_or(|after| after < below.as_str() || after.starts_with(&below)) {
                steps.push((below.into_bytes(), Step::Below(path.clone(), oid)));
            }
        }
        if after.is_none_or(|after| after < path.as_str()) {
            steps.push((path.clone().into_bytes(), Step::Entry(path, entry.mode, oid)));
        }
    }
    steps.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(steps.into_iter().map(|(_, step)| step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{commit, model, temporary};

    #[test]
    fn pages_of_any_length_are_the_whole_listing() {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        let paths =
            ["a/b/c", "a/b-c", "a/b.d", "a-b", "a.b/x", "a0", "b/ü/1", "b/ü/2", "b/z", "c/d/e/f/g", "z"];
        let files: Vec<_> = paths.iter().map(|path| (*path, Some(*path))).collect();
        let tip = commit(&store, &repo, &files).unwrap();
        let git = store.git(&repo).unwrap();
        for folder in ["", "a", "a/b", "b", "c/d"] {
            for recursive in [false, true] {
                let whole = git.list(tip, folder, recursive).unwrap();
                for limit in [1, 2, 3, 5, 100] {
                    let mut all: Vec<Entry> = Vec::new();
                    loop {
                        let after = all.last().map(|entry| entry.path.clone());
                        let (page, more) =
                            git.list_page(tip, folder, recursive, after.as_deref(), limit).unwrap();
                        assert!(page.len() == limit || !more, "{folder:?} {recursive} {limit}");
                        all.extend(page);
                        if !more {
                            break;
                        }
                    }
                    assert_eq!(all, whole, "{folder:?} {recursive} {limit}");
                }
            }
        }
        assert!(matches!(git.list_page(tip, "a/b-c", false, None, 9), Err(StoreError::EntryNotFound { .. })));
    }
}
