//! Turns at work that takes long, of which one user cannot have all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::store::database::lock;

/// So many turns at the same time, and so many for one user.
pub(super) struct Turns {
    all: Arc<Semaphore>,
    of_one: usize,
    by_user: Mutex<HashMap<i64, Arc<Semaphore>>>,
}

/// A turn, until it is dropped.
pub(super) struct Turn {
    _own: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Turns {
    pub(super) fn new(all: usize, of_one: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), of_one, by_user: Mutex::default() }
    }

    /// Waits for a turn of this user.
    pub(super) async fn take(&self, user: i64) -> Turn {
        let own = {
            let mut by_user = lock(&self.by_user);
            // Whoever has or waits for a turn holds the semaphore.
            by_user.retain(|_, own| Arc::strong_count(own) > 1);
            let own = by_user.entry(user).or_insert_with(|| Arc::new(Semaphore::new(self.of_one)));
            Arc::clone(own).acquire_owned()
        };
        // Nobody closes them.
        let own = own.await.ok();
        Turn { _own: own, _all: Arc::clone(&self.all).acquire_owned().await.ok() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_user_leaves_turns_for_others() {
        let turns = Turns::new(3, 2);
        let take = async |user| tokio::time::timeout(Duration::from_secs(1), turns.take(user)).await;
        let first = (take(1).await.unwrap(), take(1).await.unwrap());
        assert!(take(1).await.is_err(), "two are one user's");
        let other = take(2).await.unwrap();
        assert!(take(3).await.is_err(), "three are all");
        drop(first);
        assert!(take(3).await.is_ok());
        drop(other);
        drop(take(1).await);
        assert_eq!(lock(&turns.by_user).len(), 1, "nothing is kept of who has gone");
    }
}
