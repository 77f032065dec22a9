//! What the calls of one client know of each other: [`Turns`] keeps those apart that would be in each other's way, [`Claims`]
//! keeps one from taking the work of another for its own.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Weak};

use futures_util::future::{Either, select};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::Rng;
use crate::sync::{Mutex, PoisonError};

/// Places in line, by name: calls that take a turn of the same name run one after the other, in the order in which they asked.
///
/// For calls that the server would refuse, or could not tell apart, if they ran at once: commits to one branch, comments with
/// the same text.
#[derive(Default)]
pub struct Turns(Mutex<HashMap<String, Weak<AsyncMutex<()>>>>);

/// A turn that was taken; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn {
    waited: bool,
    /// None when it was not worth waiting any longer.
    _guard: Option<OwnedMutexGuard<()>>,
}

impl Turn {
    /// Whether another call had the turn first.
    #[must_use]
    pub fn waited(&self) -> bool {
        self.waited
    }
}

impl Turns {
    /// The next turn of this name, at once if nobody has it. `before_wait` is called if somebody does.
    ///
    /// When `give_up` is ready first, the call goes on without a turn: one that has it may be waiting for this one, or may not be
    /// polled any more.
    pub async fn take(
        &self,
        name: &str,
        before_wait: impl FnOnce(),
        give_up: impl Future<Output = ()>,
    ) -> Turn {
        let line = self.line(name);
        if let Ok(guard) = Arc::clone(&line).try_lock_owned() {
            return Turn { waited: false, _guard: Some(guard) };
        }
        before_wait();
        let (turn, give_up) = (pin!(line.lock_owned()), pin!(give_up));
        match select(turn, give_up).await {
            Either::Left((guard, _)) => Turn { waited: true, _guard: Some(guard) },
            Either::Right(_) => Turn { waited: true, _guard: None },
        }
    }

    fn line(&self, name: &str) -> Arc<AsyncMutex<()>> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(name).and_then(Weak::upgrade) {
            return line;
        }
        lines.retain(|_, line| line.strong_count() > 0);
        let line = Arc::default();
        lines.insert(name.to_owned(), Arc::downgrade(&line));
        line
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").finish_non_exhaustive()
    }
}

/// How many claims, and how many doubts, are remembered; the oldest is forgotten first.
const REMEMBERED: usize = 8192;

/// What the calls of a client have made, by name, and which outcomes stayed open.
///
/// A call whose response was lost looks for its work on the server. Work that another call has reported as its own is not it,
/// however much it looks like it: a commit with the same message and files, a comment with the same text.
#[derive(Debug, Default)]
pub struct Claims(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    owners: HashMap<String, String>,
    order: VecDeque<String>,
    doubts: VecDeque<String>,
}

impl Claims {
    /// A name for a call, to claim with.
    #[must_use]
    pub fn owner(rng: &dyn Rng) -> String {
        format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64())
    }

    /// Claims `made` for the call named `owner`. False if another call has claimed it: then it is not this one's.
    #[must_use]
    pub fn claim(&self, made: &str, owner: &str) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claimed_by) = state.owners.get(made) {
            return claimed_by == owner;
        }
        if state.order.len() >= REMEMBERED
            && let Some(oldest) = state.order.pop_front()
        {
            state.owners.remove(&oldest);
        }
        state.owners.insert(made.to_owned(), owner.to_owned());
        state.order.push_back(made.to_owned());
        true
    }

    /// Claims `made` for `owner` whoever has claimed it before: for things whose names come back, such as a branch that was
    /// removed and made again.
    pub fn claim_anew(&self, made: &str, owner: &str) {
        if !self.claim(made, owner) {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.owners.insert(made.to_owned(), owner.to_owned());
        }
    }

    /// Forgets the claims for which `gone` says that what they name is there no more, so that the name can be made anew.
    pub fn release(&self, gone: impl Fn(&str) -> bool) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.owners.retain(|made, _| !gone(made));
        state.order.retain(|made| !gone(made));
    }

    /// Whether another call than `owner` has claimed `made`.
    #[must_use]
    pub fn is_anothers(&self, made: &str, owner: &str) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.owners.get(made).is_some_and(|claimed_by| claimed_by != owner)
    }

    /// Notes that nobody knows whether a call of this name was carried out: it may still be, at any time. What a later call of
    /// the same name finds on the server may be the work of that one.
    pub fn doubt(&self, name: &str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.doubts.len() >= REMEMBERED {
            state.doubts.pop_front();
        }
        state.doubts.push_back(name.to_owned());
    }

    /// Whether the outcome of an earlier call of this name stayed open.
    #[must_use]
    pub fn is_doubtful(&self, name: &str) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.doubts.iter().any(|doubt| doubt == name)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn who_has_waited_long_enough_goes_on_without_a_turn() {
        let turns = Turns::default();
        let first = turns.take("main", || (), pending()).await;
        assert!(turns.take("main", || (), ready(())).await.waited());
        drop(first);
        assert!(!turns.take("main", || unreachable!(), pending()).await.waited());
    }

    #[tokio::test]
    async fn turns_of_one_name_come_in_the_order_of_asking_and_others_do_not_wait() {
        let turns = Arc::new(Turns::default());
        let order = Arc::new(Mutex::new(Vec::new()));
        let first = turns.take("main", || unreachable!(), pending()).await;
        let next: Vec<_> = (0..5)
            .map(|number| {
                let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
                tokio::spawn(async move {
                    let turn = turns.take("main", || (), pending()).await;
                    assert!(turn.waited());
                    order.lock().unwrap().push(number);
                })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(!turns.take("other", || unreachable!(), pending()).await.waited());
        drop(first);
        for task in next {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
        assert!(!turns.take("main", || unreachable!(), pending()).await.waited());
        assert_eq!(turns.0.lock().unwrap().len(), 1, "lines that nobody stands in are forgotten");
    }

    #[tokio::test]
    async fn who_leaves_the_line_holds_nobody_up() {
        let turns = Turns::default();
        let first = turns.take("main", || (), pending()).await;
        {
            let leaves = std::pin::pin!(turns.take("main", || (), pending()));
            assert!(futures_util::poll!(leaves).is_pending());
        }
        drop(first);
        assert!(!turns.take("main", || unreachable!(), pending()).await.waited());
    }

    #[test]
    fn what_a_call_has_made_is_no_others() {
        let claims = Claims::default();
        assert!(claims.claim("commit 1", "a") && claims.claim("commit 1", "a"));
        assert!(!claims.claim("commit 1", "b") && claims.is_anothers("commit 1", "b"));
        assert!(!claims.is_anothers("commit 1", "a") && !claims.is_anothers("commit 2", "b"));
        claims.claim_anew("commit 1", "b");
        assert!(claims.is_anothers("commit 1", "a") && claims.claim("commit 1", "b"));
        for number in 0..2 * REMEMBERED {
            assert!(claims.claim(&number.to_string(), "a"));
        }
        assert_eq!(claims.0.lock().unwrap().owners.len(), REMEMBERED);
    }

    #[test]
    fn what_is_gone_can_be_claimed_by_the_next() {
        let claims = Claims::default();
        assert!(claims.claim("branch dev of a", "one") && claims.claim("branch dev of b", "one"));
        claims.release(|made| made.ends_with(" of a"));
        assert!(claims.claim("branch dev of a", "two") && claims.is_anothers("branch dev of b", "two"));
        assert_eq!(claims.0.lock().unwrap().order.len(), 2);
    }

    #[test]
    fn an_open_outcome_is_remembered() {
        let claims = Claims::default();
        claims.doubt("comment");
        assert!(claims.is_doubtful("comment") && !claims.is_doubtful("other"));
    }
}
