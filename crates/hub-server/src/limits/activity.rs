//! Which connections have something to do.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::{sync::Notify, time::Instant};

use super::per_address::network;
use crate::{Body, BoxError};

/// All connections of a server.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    most: usize,
    most_of_one: usize,
    all: Arc<Mutex<All>>,
}

#[derive(Debug, Default)]
struct All {
    last: u64,
    by_number: BTreeMap<u64, (IpAddr, Arc<Activity>)>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    of: Connections,
    number: u64,
    pub(crate) activity: Arc<Activity>,
}

/// How many requests of a connection are not answered whole.
#[derive(Debug)]
pub(crate) struct Activity {
    state: Mutex<State>,
    evict: Notify,
    begun: Notify,
}

#[derive(Debug)]
struct State {
    requests: usize,
    since: Instant,
    /// When the first bytes of the next request came.
    begun: Option<Instant>,
}

impl Connections {
    pub(crate) fn new(most: usize, most_of_one: usize) -> Self {
        Self { most, most_of_one, all: Arc::default() }
    }

    pub(crate) fn count(&self) -> usize {
        locked(&self.all).by_number.len()
    }

    /// Takes a place for a connection from `address`, unless that has its share; a proxy speaks for many and has none. Where there is no place, the address that has most of them loses one: an idle one if
    /// there is, else its oldest. `None` if that would be this address itself.
    pub(crate) fn add(&self, address: IpAddr, is_proxy: bool) -> Option<Connection> {
        let address = network(address);
        let mut all = locked(&self.all);
        let own = all.by_number.values().filter(|(owner, _)| *owner == address).count();
        if own >= self.most_of_one && !is_proxy {
            return None;
        }
        if all.by_number.len() >= self.most {
            let mut counts: HashMap<IpAddr, usize> = HashMap::new();
            for (owner, _) in all.by_number.values() {
                *counts.entry(*owner).or_default() += 1;
            }
            let (greediest, _) =
                counts.into_iter().filter(|(_, count)| *count > own + 1).max_by_key(|it| it.1)?;
            let theirs = all.by_number.iter().filter(|(_, (owner, _))| *owner == greediest);
            // In the order in which they came.
            let (number, activity) = theirs
                .map(|(number, (_, activity))| (*number, Arc::clone(activity)))
                .min_by_key(|(number, activity)| (activity.idle_since().is_none(), *number))?;
            all.by_number.remove(&number);
            activity.evict.notify_one();
        }
        let state = Mutex::new(State { requests: 0, since: Instant::now(), begun: None });
        let activity = Arc::new(Activity { state, evict: Notify::new(), begun: Notify::new() });
        all.last += 1;
        let number = all.last;
        all.by_number.insert(number, (address, Arc::clone(&activity)));
        drop(all);
        Some(Connection { of: self.clone(), number, activity })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        locked(&self.of.all).by_number.remove(&self.number);
    }
}

impl Activity {
    fn idle_since(&self) -> Option<Instant> {
        let state = locked(&self.state);
        (state.requests == 0).then_some(state.since)
    }

    /// Ends when the connection has had nothing to do for so long.
    pub(crate) async fn is_idle(&self, limit: Duration) {
        loop {
            let since = self.idle_since().unwrap_or_else(Instant::now);
            if since.elapsed() >= limit {
                return;
            }
            tokio::time::sleep_until(since + limit).await;
        }
    }

    /// Something has come: of a request that is worked on, or of the next one.
    pub(crate) fn heard(&self) {
        let mut state = locked(&self.state);
        if state.requests == 0 && state.begun.is_none() {
            state.begun = Some(Instant::now());
            self.begun.notify_one();
        }
    }

    /// Ends when a request began to come so long ago and has no whole head yet.
    pub(crate) async fn is_slow(&self, limit: Duration) {
        loop {
            let begun = locked(&self.state).begun;
            match begun {
                Some(begun) if begun.elapsed() >= limit => return,
                Some(begun) => tokio::time::sleep_until(begun + limit).await,
                None => self.begun.notified().await,
            }
        }
    }

    /// Ends when its place is needed for somebody who has fewer.
    pub(crate) async fn is_evicted(&self) {
        self.evict.notified().await;
    }

    /// A request has come; it is answered when the value is dropped.
    pub(crate) fn request(self: &Arc<Self>) -> Answering {
        let mut state = locked(&self.state);
        state.requests += 1;
        state.begun = None;
        drop(state);
        Answering(Arc::clone(self))
    }
}

/// A request that is not answered whole.
#[derive(Debug)]
pub(crate) struct Answering(Arc<Activity>);

impl Answering {
    /// The body of its response: when that has gone, the request is done.
    pub(crate) fn body(self, inner: Body) -> Body {
        Body::new(Counted { inner, _answering: self })
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = locked(&self.0.state);
        state.requests = state.requests.saturating_sub(1);
        state.since = Instant::now();
    }
}

struct Counted {
    inner: Body,
    _answering: Answering,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_a_minute_after_its_last_response() {
        let connection = Connections::new(1, 1).add([127, 0, 0, 1].into(), false).unwrap();
        let start = Instant::now();
        let request = connection.activity.request();
        let activity = Arc::clone(&connection.activity);
        let idle = tokio::spawn(async move { activity.is_idle(LIMIT).await });
        tokio::time::sleep(Duration::from_secs(300)).await;
        assert!(!idle.is_finished());
        drop(request);
        idle.await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 360);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_from_its_first_byte_on() {
        let connection = Connections::new(1, 1).add([127, 0, 0, 1].into(), false).unwrap();
        let (start, activity) = (Instant::now(), Arc::clone(&connection.activity));
        let slow = tokio::spawn(async move { activity.is_slow(Duration::from_secs(10)).await });
        tokio::time::sleep(Duration::from_secs(40)).await;
        connection.activity.heard();
        tokio::time::sleep(Duration::from_secs(9)).await;
        let request = connection.activity.request();
        connection.activity.heard();
        tokio::time::sleep(Duration::from_secs(30)).await;
        drop(request);
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert!(!slow.is_finished(), "neither between requests nor while one is worked on");
        connection.activity.heard();
        tokio::time::sleep(Duration::from_secs(5)).await;
        connection.activity.heard();
        slow.await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 40 + 9 + 30 + 30 + 10);
    }

    #[tokio::test(start_paused = true)]
    async fn where_there_is_no_room_whoever_has_most_gives_a_place_to_whoever_has_fewer() {
        let all = Connections::new(4, 4);
        let (greedy, honest): (IpAddr, IpAddr) = ([127, 0, 0, 2].into(), [127, 0, 0, 1].into());
        let theirs: Vec<_> = (0..4).map(|_| all.add(greedy, false).unwrap()).collect();
        let busy: Vec<_> = theirs.iter().map(|it| it.activity.request()).collect();
        assert!(all.add(greedy, true).is_none(), "not for itself");
        let evicted = async |connection: &Connection| {
            tokio::time::timeout(Duration::from_millis(1), connection.activity.is_evicted()).await.is_ok()
        };
        let first = all.add(honest, false).unwrap();
        assert!(evicted(&theirs[0]).await, "the oldest, where all are busy");
        drop(busy);
        let _request = (theirs[1].activity.request(), first.activity.request());
        let second = all.add(honest, false).unwrap();
        assert!(evicted(&theirs[2]).await && !evicted(&theirs[1]).await, "an idle one, where there is one");
        assert!(all.add(honest, false).is_none(), "two and two are fair");
        drop((theirs, first, second));
        assert!(locked(&all.all).by_number.is_empty());
    }

    #[tokio::test]
    async fn one_network_has_its_share_whatever_its_addresses() {
        let all = Connections::new(10, 2);
        let add = |address: &str, is_proxy| all.add(address.parse().unwrap(), is_proxy);
        let _open = (add("2001:db8::1", false).unwrap(), add("2001:db8::2", false).unwrap());
        assert!(add("2001:db8::3", false).is_none());
        assert!(add("2001:db8::3", true).is_some() && add("2001:db8:1::1", false).is_some());
    }
}
