//! Which connections have something to do.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::{sync::Notify, time::Instant};

use crate::{Body, BoxError};

/// A connection that was idle for less is not closed for another's sake.
const GRACE: Duration = Duration::from_secs(1);

/// All connections of a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections {
    all: Arc<Mutex<All>>,
}

#[derive(Debug, Default)]
struct All {
    last: u64,
    by_number: HashMap<u64, Arc<Activity>>,
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
    close: Notify,
}

#[derive(Debug)]
struct State {
    requests: usize,
    since: Instant,
    /// Whether it was told to close.
    closing: bool,
}

impl Connections {
    pub(crate) fn add(&self) -> Connection {
        let state = Mutex::new(State { requests: 0, since: Instant::now(), closing: false });
        let activity = Arc::new(Activity { state, close: Notify::new() });
        let mut all = locked(&self.all);
        all.last += 1;
        let number = all.last;
        all.by_number.insert(number, Arc::clone(&activity));
        drop(all);
        Connection { of: self.clone(), number, activity }
    }

    /// Closes the connection that has had nothing to do for longest, so that there is room for another.
    pub(crate) fn close_idle(&self) {
        let longest = locked(&self.all)
            .by_number
            .values()
            .filter(|activity| !locked(&activity.state).closing)
            .filter_map(|activity| Some((activity.idle_since()?, Arc::clone(activity))))
            .filter(|(since, _)| since.elapsed() >= GRACE)
            .min_by_key(|(since, _)| *since);
        if let Some((_, activity)) = longest {
            locked(&activity.state).closing = true;
            activity.close.notify_one();
        }
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

    /// Ends when the connection is to be closed: it has had nothing to do for so long, or there is no room for it.
    pub(crate) async fn is_idle(&self, limit: Duration) {
        let watch = async {
            loop {
                let since = self.idle_since().unwrap_or_else(Instant::now);
                if since.elapsed() >= limit {
                    return;
                }
                tokio::time::sleep_until(since + limit).await;
            }
        };
        tokio::select! {
            () = watch => {}
            () = self.close.notified() => {}
        }
    }

    /// A request has come; it is answered when the value is dropped.
    pub(crate) fn request(self: &Arc<Self>) -> Answering {
        locked(&self.state).requests += 1;
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
        let connection = Connections::default().add();
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
    async fn where_there_is_no_room_the_longest_idle_goes() {
        let all = Connections::default();
        let (busy, old, new) = (all.add(), all.add(), all.add());
        let _request = busy.activity.request();
        tokio::time::sleep(Duration::from_secs(2)).await;
        drop(new.activity.request());
        all.close_idle();
        let closed = |connection: &Connection| {
            let activity = Arc::clone(&connection.activity);
            async move { tokio::time::timeout(Duration::from_millis(1), activity.is_idle(LIMIT)).await.is_ok() }
        };
        assert_eq!((closed(&busy).await, closed(&old).await, closed(&new).await), (false, true, false));
        drop((busy, old, new));
        assert!(locked(&all.all).by_number.is_empty());
    }
}
