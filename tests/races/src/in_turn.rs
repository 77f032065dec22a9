//! Calls of one client that take turns, and what they claim for their own.

use std::future::{pending, ready};
use std::sync::Arc;

use futures_util::FutureExt;
use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use shuttle::thread;

use crate::calls::{Claims, Turns};

/// Calls that take turns of the same name are never there two at a time, although lines come and go and one leaves its line;
/// and all get their turn.
///
/// # Panics
/// When two are, or when one is forgotten (which shuttle calls a deadlock).
pub fn turns_of_one_name_are_one_after_the_other() {
    let (turns, busy) =
        (Arc::new(Turns::default()), Arc::new([AtomicBool::new(false), AtomicBool::new(false)]));
    let mut threads: Vec<_> = (0..3)
        .map(|number| {
            let (turns, busy) = (Arc::clone(&turns), Arc::clone(&busy));
            thread::spawn(move || {
                for name in [number % 2, 1] {
                    let turn = block_on(turns.take(["main", "other"][name], || (), pending()));
                    assert!(!busy[name].swap(true, Ordering::SeqCst), "two turns at once");
                    thread::yield_now();
                    busy[name].store(false, Ordering::SeqCst);
                    drop(turn);
                }
            })
        })
        .collect();
    let leaves = Arc::clone(&turns);
    threads.push(thread::spawn(move || {
        // Asks once and is gone; or does not want to wait.
        drop(leaves.take("other", || (), pending()).now_or_never());
        let turn = block_on(leaves.take("other", || (), ready(())));
        drop(turn);
    }));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let free = turns.take("main", || (), pending()).now_or_never();
    assert!(free.is_some_and(|turn| !turn.waited()), "somebody has a turn for ever");
}

/// Calls that find the same thing on the server: it is one call's, and the others see that it is another's.
///
/// # Panics
/// When two have it, or none.
pub fn what_is_claimed_is_one_calls() {
    let claims = Arc::new(Claims::default());
    let owners = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..3)
        .map(|number| {
            let (claims, owners) = (Arc::clone(&claims), Arc::clone(&owners));
            thread::spawn(move || {
                let me = format!("call {number}");
                let seen = claims.is_anothers("commit 1", &me);
                let mine = claims.claim("commit 1", &me);
                assert!(!(seen && mine), "it was another's before");
                assert_eq!(claims.is_anothers("commit 1", &me), !mine);
                owners.fetch_add(u64::from(mine), Ordering::SeqCst);
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(owners.load(Ordering::SeqCst), 1);
}
