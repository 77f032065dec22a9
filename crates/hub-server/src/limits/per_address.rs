//! Places of which no few addresses may have all.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// So many places. An address gets one more while it has fewer than are free: one alone has half of them, and whoever comes next half of
/// what is left.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    all: usize,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    sum: usize,
    /// With those that wait for their first place.
    by_address: HashMap<IpAddr, usize>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    of: Places,
    address: Option<IpAddr>,
    has_place: bool,
}

impl Places {
    pub(crate) fn new(all: usize) -> Self {
        Self { all, shared: Arc::default() }
    }

    /// A place for an address, or for nobody in particular. Whoever has none waits for it so long; whoever has some and would have too many
    /// does not. `None` where there is none.
    pub(crate) async fn take(&self, address: Option<IpAddr>, patience: Duration) -> Option<Place> {
        let deadline = Instant::now() + patience;
        let mut claim = self.claim(address.map(network))?;
        loop {
            let freed = self.shared.freed.notified();
            let mut freed = std::pin::pin!(freed);
            // From here on, so that nothing is missed.
            freed.as_mut().enable();
            if claim.fill() {
                return Some(claim);
            }
            tokio::time::timeout_at(deadline, freed).await.ok()?;
        }
    }

    /// How many are taken.
    #[cfg(feature = "serve")]
    pub(crate) fn taken(&self) -> usize {
        self.lock().sum
    }

    fn claim(&self, address: Option<IpAddr>) -> Option<Place> {
        let mut taken = self.lock();
        if let Some(address) = address {
            let free = self.all.saturating_sub(taken.sum);
            let own = taken.by_address.entry(address).or_default();
            if *own > 0 && *own >= free {
                return None;
            }
            *own += 1;
        }
        drop(taken);
        Some(Place { of: self.clone(), address, has_place: false })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn fill(&mut self) -> bool {
        let mut taken = self.of.lock();
        if taken.sum < self.of.all {
            taken.sum += 1;
            self.has_place = true;
        }
        self.has_place
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.lock();
        if self.has_place {
            taken.sum = taken.sum.saturating_sub(1);
        }
        if let Some(address) = self.address
            && let Some(count) = taken.by_address.get_mut(&address)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
        drop(taken);
        self.of.shared.freed.notify_waiters();
    }
}

/// Whom limits take an address for: one of IPv6 stands for its network of 64 bits.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn take(all: &Places, address: &str) -> Option<Place> {
        all.take(Some(address.parse().unwrap()), Duration::from_secs(30)).await
    }

    /// As many as an address gets at once.
    async fn all_for(all: &Places, address: &str) -> Vec<Place> {
        let mut places = Vec::new();
        loop {
            let one = tokio::time::timeout(Duration::from_millis(1), take(all, address)).await;
            match one {
                Ok(Some(place)) => places.push(place),
                Ok(None) | Err(_) => return places,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_later_finds_places_whatever_those_before_took() {
        let all = Places::new(16);
        let mut held = Vec::new();
        for (number, share) in [8, 4, 2, 1, 1].into_iter().enumerate() {
            let places = all_for(&all, &format!("10.0.0.{number}")).await;
            assert_eq!(places.len(), share, "address {number}");
            held.extend(places);
        }
        assert_eq!(all.taken(), 16);
        drop(held);
        assert_eq!(all.taken(), 0);
        assert!(all.lock().by_address.is_empty(), "nothing is kept of who has gone");
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_none_waits_for_one_and_who_has_some_does_not() {
        let all = Places::new(2);
        let first = (take(&all, "10.0.0.1").await.unwrap(), take(&all, "10.0.0.2").await.unwrap());
        let started = Instant::now();
        assert!(take(&all, "10.0.0.1").await.is_none() && started.elapsed().is_zero());
        let waiting = tokio::spawn({
            let all = all.clone();
            async move { take(&all, "10.0.0.3").await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(take(&all, "10.0.0.3").await.is_none(), "one of an address waits");
        assert!(!waiting.is_finished());
        drop(first.0);
        let got = waiting.await.unwrap();
        assert!(got.is_some());
        assert!(take(&all, "10.0.0.4").await.is_none() && started.elapsed().as_secs() == 31);
    }

    #[tokio::test]
    async fn one_network_has_one_share() {
        let all = Places::new(2);
        let _first = take(&all, "2001:db8::1").await.unwrap();
        assert!(take(&all, "2001:db8::2").await.is_none());
        assert!(take(&all, "2001:db8:1::2").await.is_some());
        let four = Places::new(4);
        let _four = (take(&four, "::ffff:10.0.0.1").await.unwrap(), take(&four, "10.0.0.1").await.unwrap());
        assert!(take(&four, "10.0.0.1").await.is_none());
    }
}
