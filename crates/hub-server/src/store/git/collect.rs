//! Garbage of one repository: objects that no ref leads to, and LFS objects that no file leads to.
//!
//! What must stay is found while commits go on; what they added meanwhile is added to it under the commit lock, under which the
//! rest is removed. No push goes on then. A commit that began before learns from a counter that something was taken out, and
//! looks again for what it relies on.

use std::{cmp::Reverse, collections::HashSet, time::SystemTime};

use super::{
    GitRepo, ObjectId,
    inventory::{self, Pack},
    reach::{Missing, Reached, tips},
};
use crate::store::{Result, disk::remove_all};

/// What is to be kept besides what refs lead to.
pub(in crate::store) struct Keep {
    /// Commits of pull requests. Those that are gone already are not missed.
    pub(in crate::store) commits: Vec<ObjectId>,
    /// Everything that is younger, with all that it needs.
    pub(in crate::store) since: SystemTime,
}

/// What became of the garbage.
pub(in crate::store) enum Collected {
    /// So many objects were removed, of so many bytes on disk.
    Done {
        /// Objects of git.
        objects: u64,
        /// What they took.
        bytes: u64,
    },
    /// A push goes on: nothing was removed.
    Busy,
}

impl GitRepo {
    /// Removes garbage. `free_lfs` is called with the LFS objects that files lead to, at a moment at which no commit can be made
    /// and no push goes on. `between` is called before anything is removed, while commits go on. Blocks.
    ///
    /// # Errors
    /// `ObjectMissing` when a ref leads to something that is not there: then nothing is removed.
    pub(in crate::store) fn collect(
        &self,
        keep: impl Fn() -> Result<Keep>,
        between: impl FnOnce() -> Result<()>,
        free_lfs: impl FnOnce(&HashSet<String>) -> Result<()>,
    ) -> Result<Collected> {
        let mut reached = Reached::default();
        let repo = self.open.local()?;
        reached.add(&repo, tips(&repo)?, Missing::IsAnError)?;
        reached.add(&repo, keep()?.commits, Missing::IsSkipped)?;
        between()?;

        let _no_commit = self.open.lock_commits();
        let pushes = self.open.pushes();
        if *pushes > 0 {
            return Ok(Collected::Busy);
        }
        self.open.forget_handle();
        let repo = self.open.local()?;
        let Keep { commits, since } = keep()?;
        reached.add(&repo, tips(&repo)?, Missing::IsAnError)?;
        reached.add(&repo, commits, Missing::IsSkipped)?;

        let objects = repo.objects.store_ref().path().to_path_buf();
        let (packs, loose) = (inventory::packs(&objects)?, inventory::loose(&objects)?);
        let mut packs: Vec<(usize, Pack)> = packs
            .into_iter()
            .map(|pack| (pack.ids().filter(|id| !reached.objects.contains(id)).count(), pack))
            .collect();
        // Those with the most garbage first: what is needed of them is in one that has none.
        packs.sort_by_key(|(garbage, pack)| (Reverse(*garbage), pack.modified));
        let packs: Vec<Pack> = packs.into_iter().map(|(_, pack)| pack).collect();
        // What is young stays, with all that it needs.
        let young = loose.iter().filter(|object| object.modified >= since).map(|object| object.id);
        let packed = packs.iter().filter(|pack| pack.modified >= since).flat_map(Pack::ids);
        let young: Vec<ObjectId> = young.chain(packed).collect();
        reached.add(&repo, young, Missing::IsSkipped)?;
        let (stays, goes) = divide(&repo, packs, &mut reached)?;
        let mut garbage: Vec<_> = loose
            .iter()
            .filter(|object| {
                let packed = || stays.iter().any(|pack| pack.has(object.id));
                !reached.objects.contains(&object.id) || packed()
            })
            .collect();

        self.open.take_out();
        free_lfs(&reached.lfs)?;
        // Commits first: one that is there has everything that it needs.
        let rank = |id| {
            repo.find_header(id).map_or(0, |header| match header.kind() {
                gix::objs::Kind::Tag => 0,
                gix::objs::Kind::Commit => 1,
                gix::objs::Kind::Tree => 2,
                gix::objs::Kind::Blob => 3,
            })
        };
        garbage.sort_by_cached_key(|object| rank(object.id));
        let (mut count, mut bytes) = (0, 0);
        for pack in goes {
            pack.remove()?;
            count += u64::from(pack.index.num_objects());
            bytes += pack.bytes;
        }
        for object in garbage {
            remove_all(&object.path)?;
            count += 1;
            bytes += object.bytes;
        }
        self.open.forget_handle();
        Ok(Collected::Done { objects: count, bytes })
    }
}

/// Divides packs into those that stay and those of which nothing is needed that others do not have; the first ones go first. What
/// shares a pack with something that must stay, stays too, with all that it needs.
fn divide(repo: &gix::Repository, packs: Vec<Pack>, reached: &mut Reached) -> Result<(Vec<Pack>, Vec<Pack>)> {
    let mut stays = packs;
    let mut goes: Vec<Pack> = Vec::new();
    let mut at = 0;
    while let Some(pack) = stays.get(at) {
        let others = || stays.iter().enumerate().filter(|(other, _)| *other != at);
        let is_needed = |id| reached.objects.contains(&id) && !others().any(|(_, other)| other.has(id));
        if pack.ids().any(is_needed) {
            at += 1;
        } else {
            goes.push(stays.remove(at));
        }
    }
    loop {
        let more: Vec<ObjectId> = stays.iter().flat_map(Pack::ids).collect();
        reached.add(repo, more, Missing::IsSkipped)?;
        let is_needed = |pack: &Pack| {
            pack.ids().any(|id| reached.objects.contains(&id) && !stays.iter().any(|other| other.has(id)))
        };
        match goes.iter().position(is_needed) {
            Some(needed) => stays.push(goes.remove(needed)),
            None => return Ok((stays, goes)),
        }
    }
}
