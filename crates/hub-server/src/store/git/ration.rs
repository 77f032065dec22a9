//! Memory for what must be whole in it: so much at once for all, and whoever comes later waits for a while.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Bytes that all have together.
const AT_ONCE: u64 = 96 << 20;
/// How long somebody waits for a share.
const PATIENCE: Duration = Duration::from_secs(10);

/// Memory that is given out in shares. Clones give out the same.
#[derive(Clone)]
pub(super) struct Ration(Arc<Inner>);

struct Inner {
    total: u64,
    free: Mutex<u64>,
    returned: Condvar,
}

/// A share, which is given back on drop.
pub(super) struct Share {
    ration: Ration,
    size: u64,
}

impl Default for Ration {
    fn default() -> Self {
        Self::of(AT_ONCE)
    }
}

impl Ration {
    fn of(total: u64) -> Self {
        Self(Arc::new(Inner { total, free: Mutex::new(total), returned: Condvar::new() }))
    }

    /// A share of so many bytes, or everything where that is less. None when it is not free within 10 seconds. Blocks.
    pub(super) fn take(&self, size: u64) -> Option<Share> {
        self.take_within(size, PATIENCE)
    }

    fn take_within(&self, size: u64, patience: Duration) -> Option<Share> {
        let size = size.min(self.0.total);
        let until = Instant::now() + patience;
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free < size {
            let left = until.checked_duration_since(Instant::now())?;
            (free, _) = self.0.returned.wait_timeout(free, left).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= size;
        Some(Share { ration: self.clone(), size })
    }

    fn give_back(&self, size: u64) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += size;
        self.0.returned.notify_all();
    }
}

impl Share {
    /// Gives back what is above `size`.
    pub(super) fn shrink(&mut self, size: u64) {
        let above = self.size.saturating_sub(size);
        self.size -= above;
        self.ration.give_back(above);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.ration.give_back(self.size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_given_out_than_there_is_and_what_comes_back_is_given_out_again() {
        let ration = Ration::of(100);
        let mut first = ration.take(90).unwrap();
        assert!(ration.take_within(11, Duration::ZERO).is_none());
        let small = ration.take_within(10, Duration::ZERO).unwrap();
        first.shrink(50);
        let third = ration.take_within(40, Duration::ZERO).unwrap();
        drop((first, small, third));
        let all = ration.take_within(1_000, Duration::ZERO).unwrap();
        assert_eq!(all.size, 100);
        let waiting = std::thread::spawn({
            let ration = ration.clone();
            move || ration.take(1).is_some()
        });
        drop(all);
        assert!(waiting.join().unwrap());
    }
}
