//! The history of a file or a folder.

use gix::objs::Kind;

use super::{
    CommitId, CommitRecord, GitRepo, ObjectId,
    log::record,
    look_back::LookBack,
    object::read_object,
    read::{entry_named, tree_of},
};
use crate::store::Result;

/// A part of the history of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathLog {
    /// The commits that changed it, newest first.
    pub(crate) commits: Vec<CommitRecord>,
    /// Where to go on; none when the whole history was looked at.
    pub(crate) next: Option<CommitId>,
}

impl GitRepo {
    /// The commits that changed what is at a path, also by a change below a folder, from one on: at most `limit`, and as many
    /// as are found within `most`. The bytes of the first do not count, so that whoever goes on comes to the end. Follows first
    /// parents, as [`GitRepo::last_change`] does.
    pub(crate) fn path_log(
        &self,
        from: CommitId,
        path: &str,
        limit: usize,
        mut most: LookBack,
    ) -> Result<PathLog> {
        let repo = self.open.local()?;
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let mut commits = Vec::new();
        let mut here = record(&repo, from)?;
        let mut ids = Way::to(&repo, here.id, &parts, None, &mut LookBack::whole())?;
        let mut is_first = true;
        loop {
            if commits.len() == limit {
                return Ok(PathLog { commits, next: Some(here.id) });
            }
            let Some(parent) = here.parents.first().copied() else {
                if ids.end().is_some() {
                    commits.push(here);
                }
                return Ok(PathLog { commits, next: None });
            };
            if most.commits == 0 {
                return Ok(PathLog { commits, next: Some(here.id) });
            }
            most.commits -= 1;
            let mut whole = LookBack::whole();
            let most = if is_first { &mut whole } else { &mut most };
            is_first = false;
            let before = Way::to(&repo, parent, &parts, Some(&ids), most)?;
            if !before.is_whole {
                return Ok(PathLog { commits, next: Some(here.id) });
            }
            if before.end() != ids.end() {
                commits.push(here);
            }
            here = record(&repo, parent)?;
            ids = before;
        }
    }
}

/// The folders of a commit that lead to a path, and what is there.
struct Way {
    ids: Vec<Option<ObjectId>>,
    /// False where more would have been read than is allowed.
    is_whole: bool,
}

impl Way {
    /// From a folder on that another way has too, it is the same way.
    fn to(
        repo: &gix::Repository,
        commit: CommitId,
        parts: &[&str],
        other: Option<&Self>,
        most: &mut LookBack,
    ) -> Result<Self> {
        let mut ids = vec![Some(tree_of(repo, commit)?)];
        for (level, part) in parts.iter().enumerate() {
            let here = ids.last().copied().flatten();
            if let Some(other) = other
                && other.ids.get(level).copied().flatten() == here
            {
                ids.extend(other.ids.iter().skip(level + 1));
                break;
            }
            let found = match here {
                Some(folder) => {
                    if !most.allows(repo, [folder])? {
                        return Ok(Self { ids, is_whole: false });
                    }
                    entry_named(repo, &read_object(repo, folder, Kind::Tree)?, part)?
                }
                None => None,
            };
            let is_last = level + 1 == parts.len();
            ids.push(found.filter(|(mode, _)| is_last || mode.is_tree()).map(|(_, id)| id));
        }
        Ok(Self { ids, is_whole: true })
    }

    fn end(&self) -> Option<ObjectId> {
        self.ids.last().copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{commit, model, temporary};

    const FAR: LookBack = LookBack::new(1000, 1 << 30);

    #[test]
    fn the_history_of_a_path_is_that_of_the_commits_that_changed_it() {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        let made = commit(&store, &repo, &[("a/b.txt", Some("1")), ("c", Some("1"))]).unwrap();
        let other = commit(&store, &repo, &[("c", Some("2"))]).unwrap();
        let beside = commit(&store, &repo, &[("a/x", Some("2"))]).unwrap();
        let changed = commit(&store, &repo, &[("a/b.txt", Some("2"))]).unwrap();
        let gone = commit(&store, &repo, &[("a/b.txt", None)]).unwrap();
        let git = store.git(&repo).unwrap();
        let history = |path: &str| -> Vec<CommitId> {
            let found = git.path_log(gone, path, 50, FAR).unwrap();
            assert_eq!(found.next, None, "{path}");
            found.commits.iter().map(|commit| commit.id).collect()
        };
        assert_eq!(history("a/b.txt"), [gone, changed, made]);
        assert_eq!(history("a"), [gone, changed, beside, made]);
        assert_eq!(history("c"), [other, made]);
        assert_eq!(history("c/d").len(), 0);
        assert_eq!(history("missing/x").len(), 0);
        assert_eq!(history("").len(), 6, "the first commit of the repository too");
    }

    #[test]
    fn pages_of_any_length_are_the_whole_history() {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        for number in 0..12 {
            let (text, path) = (number.to_string(), if number % 3 == 0 { "a/b" } else { "c" });
            commit(&store, &repo, &[(path, Some(&text))]).unwrap();
        }
        let git = store.git(&repo).unwrap();
        let tip = git.resolve("main").unwrap();
        let whole = git.path_log(tip, "a/b", 50, FAR).unwrap().commits;
        assert_eq!(whole.len(), 4);
        let bounds = [
            (1, FAR),
            (3, FAR),
            (50, LookBack::new(1, 1 << 30)),
            (2, LookBack::new(5, 1 << 30)),
            (50, LookBack::new(9, 0)),
        ];
        for (limit, most) in bounds {
            let (mut found, mut next, mut pages) = (Vec::new(), Some(tip), 0);
            while let Some(from) = next {
                let page = git.path_log(from, "a/b", limit, most).unwrap();
                assert!(page.commits.len() <= limit);
                found.extend(page.commits);
                next = page.next;
                pages += 1;
                assert!(pages < 30, "{limit} {most:?}");
            }
            assert_eq!(found, whole, "{limit} {most:?}");
        }
    }

    #[test]
    fn a_folder_that_is_too_large_is_not_read_to_find_what_changed_it() {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        let names: Vec<String> = (0..2000).map(|number| format!("big/{number}")).collect();
        let files: Vec<_> = names.iter().map(|name| (name.as_str(), Some("x"))).collect();
        commit(&store, &repo, &files).unwrap();
        let tip = commit(&store, &repo, &[("big/7", Some("y")), ("small/a", Some("z"))]).unwrap();
        let git = store.git(&repo).unwrap();
        let mut far = FAR;
        let all = git.last_change_within(tip, &names, &mut far).unwrap();
        assert_eq!((all.len(), all["big/7"].id), (names.len(), tip));
        // Two versions of a folder of 2,000 entries have more than 100,000 bytes.
        let mut most = LookBack::new(100, 50_000);
        assert!(git.last_change_within(tip, &names, &mut most).unwrap().is_empty());
        let mut most = LookBack::new(100, 50_000);
        let small = git.last_change_within(tip, &["small".to_owned()], &mut most).unwrap();
        assert_eq!(small["small"].id, tip);
        // The commits are counted too.
        let mut one = LookBack::new(1, 1 << 30);
        assert_eq!(git.last_change_within(tip, &names, &mut one).unwrap().len(), 1);
    }
}
