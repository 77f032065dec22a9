//! Scenarios of threads that meet at a lock. The files that hold the locks are those of the crates, built here with locks that
//! give way to every other thread (shuttle): a seed stands for one order of all steps.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "used by tests only")]
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "the files have more than the scenarios use, for others"
)]

#[path = "../../../crates/hub-transport/src/retry/budget.rs"]
mod budget;
#[path = "../../../crates/hub-auth/src/cached.rs"]
mod cached;
#[path = "../../../crates/hub-transport/src/calls.rs"]
mod calls;
#[path = "../../../crates/hub-server/src/store/git/slots.rs"]
mod slots;
#[path = "../../../crates/hub-auth/src/source.rs"]
mod source;

mod in_turn;
mod tokens;

mod error {
    pub use hub_auth::AuthError;
}
mod token {
    pub use hub_auth::Token;
}
mod sync {
    pub(crate) use shuttle::sync::{Arc, Mutex, MutexGuard, PoisonError};
}

pub use in_turn::*;
pub use tokens::*;

use hub_transport::{RetryConfig, Rng};
use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use shuttle::thread;
use slots::{HasSlot, Slot, Slots};
use sync::Arc;

/// A repository as the server keeps it open.
struct Repo {
    slot: Slot<u64>,
    tip: Arc<Tip>,
}

impl HasSlot for Repo {
    type Handle = u64;

    fn slot(&self) -> &Slot<u64> {
        &self.slot
    }
}

/// What is on the disk.
#[derive(Default)]
struct Tip {
    commits: AtomicU64,
    written_to: AtomicBool,
    removed: AtomicBool,
}

impl Tip {
    /// Reads the tip and writes what follows, as git does: in two steps.
    fn commit(&self) {
        assert!(!self.removed.load(Ordering::SeqCst), "a commit into a folder that is gone");
        assert!(!self.written_to.swap(true, Ordering::SeqCst), "two commits at once");
        let before = self.commits.load(Ordering::SeqCst);
        thread::yield_now();
        self.commits.store(before + 1, Ordering::SeqCst);
        self.written_to.store(false, Ordering::SeqCst);
    }
}

fn repo(tip: &Arc<Tip>) -> Result<Repo, ()> {
    Ok(Repo { slot: Slot::new(), tip: Arc::clone(tip) })
}

/// A commit as the server makes it; whether the repository was there.
fn commit(slots: &Slots<Repo>, tip: &Arc<Tip>, exists: &AtomicBool) -> bool {
    let found = slots.get(1, || if exists.load(Ordering::SeqCst) { repo(tip) } else { Err(()) });
    let Ok(repo) = found else { return false };
    let _only_one = repo.slot.lock_changes();
    if repo.slot.with(|| (), || Ok(0), |_| ()).is_err() {
        return false;
    }
    repo.tip.commit();
    repo.slot.forget_handle();
    true
}

/// Three commits to one repository, while so many others are opened that handles are given up: none is lost.
///
/// # Panics
/// When one is.
pub fn commits_are_one_after_the_other() {
    let (slots, tip, exists) =
        (Arc::new(Slots::new(1)), Arc::new(Tip::default()), Arc::new(AtomicBool::new(true)));
    let mut threads: Vec<_> = (0..3)
        .map(|_| {
            let (slots, tip, exists) = (Arc::clone(&slots), Arc::clone(&tip), Arc::clone(&exists));
            thread::spawn(move || assert!(commit(&slots, &tip, &exists)))
        })
        .collect();
    let others = Arc::clone(&slots);
    threads.push(thread::spawn(move || {
        for key in 2..5 {
            drop(others.get(key, || repo(&Arc::default())));
        }
    }));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(tip.commits.load(Ordering::SeqCst), 3);
}

/// A repository is deleted while commits come in: none goes into a folder that is gone.
///
/// # Panics
/// When one does.
pub fn nothing_is_written_into_a_deleted_repository() {
    let (slots, tip, exists) =
        (Arc::new(Slots::new(8)), Arc::new(Tip::default()), Arc::new(AtomicBool::new(true)));
    let mut threads: Vec<_> = (0..2)
        .map(|_| {
            let (slots, tip, exists) = (Arc::clone(&slots), Arc::clone(&tip), Arc::clone(&exists));
            thread::spawn(move || {
                // Whether the repository was still there is chance.
                let _ = commit(&slots, &tip, &exists);
            })
        })
        .collect();
    let (deleted, folder, row) = (Arc::clone(&slots), Arc::clone(&tip), Arc::clone(&exists));
    threads.push(thread::spawn(move || {
        row.store(false, Ordering::SeqCst);
        deleted.close(1);
        assert!(
            !folder.written_to.load(Ordering::SeqCst),
            "a commit goes on after the repository was closed"
        );
        folder.removed.store(true, Ordering::SeqCst);
    }));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(!commit(&slots, &tip, &exists), "a deleted repository is not found");
}

/// Calls that fail together take out no more retries than there are, whoever comes first.
///
/// # Panics
/// When they take out more, or fewer.
pub fn a_budget_is_never_overdrawn() {
    let config = RetryConfig::default();
    let budget = Arc::new(budget::RetryBudget::new(&config));
    let now = tokio::time::Instant::now();
    let wanted = 6;
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let budget = Arc::clone(&budget);
            thread::spawn(move || {
                budget.deposit();
                (0..wanted).filter(|_| budget.withdraw(now)).count()
            })
        })
        .collect();
    let taken: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    let floor = config.budget().1 as usize;
    assert!((floor..=floor + 1).contains(&taken), "{taken} retries of {floor} and three deposits");
}
