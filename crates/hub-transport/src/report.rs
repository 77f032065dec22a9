//! [`Reporter`]: progress that cannot harm the job that it is about.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hub_types::progress::{Event, Phase, Progress, WaitReason};
use tokio::runtime::Handle;

/// How long the end of a job waits for a callback that is slower than the job.
const GRACE: Duration = Duration::from_secs(1);
/// How long the callback's thread rests when it has told everything, so that many news in a row do not wake it each time.
const REST: Duration = Duration::from_millis(10);

/// Hands the events of one job to a caller's [`Progress`], on a thread of its own.
///
/// The job never waits for the callback, which hears of things up to 10 ms later. Of the positions that a file has had
/// meanwhile only the first and the latest are kept. A callback that panics is not called again; a warning says so once. When the last clone is dropped, what was not handed
/// over yet is forgotten. It is a [`Progress`] itself, to be passed on.
#[derive(Clone, Default)]
pub struct Reporter(Option<Arc<Entrance>>);

/// Closes the mailbox when the last sender is gone.
struct Entrance(Arc<Mailbox>);

#[derive(Default)]
struct Mailbox {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Item>,
    /// Positions of the files in the queue.
    files: HashMap<Phase, HashMap<Arc<str>, Place>>,
    /// Whether the callback is at work.
    busy: bool,
    /// Whether the callback's thread waits to be woken.
    asleep: bool,
    /// Whether it may rest no more: somebody waits for it.
    hurry: bool,
    /// Whether nothing is taken any more.
    closed: bool,
}

/// How far a file has come.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The oldest position that was not handed over yet.
    first: u64,
    latest: u64,
    total: u64,
}

enum Item {
    Started { files: u64, bytes: u64 },
    Phase(Phase),
    File(Phase, Arc<str>),
    Known(Arc<str>, u64),
    Waiting(WaitReason, Duration),
    Finished,
}

impl Reporter {
    /// A reporter to `sink`; without one it does nothing.
    #[must_use]
    pub fn new(sink: Option<Arc<dyn Progress>>) -> Self {
        let Some(sink) = sink else { return Self(None) };
        let mailbox = Arc::new(Mailbox::default());
        let (reader, runtime) = (Arc::clone(&mailbox), Handle::try_current().ok());
        let deliver = move || {
            // What the callback could do on a thread of the runtime, it can do here.
            let _entered = runtime.as_ref().map(Handle::enter);
            reader.deliver(&*sink);
        };
        match std::thread::Builder::new().name("hub-progress".into()).spawn(deliver) {
            Ok(_) => Self(Some(Arc::new(Entrance(mailbox)))),
            Err(error) => {
                tracing::warn!(%error, "no thread for the progress callback; it is not called");
                Self(None)
            }
        }
    }

    /// This reporter as a sink for a part of the job, if anybody listens.
    #[must_use]
    pub fn sink(&self) -> Option<Arc<dyn Progress>> {
        self.0.is_some().then(|| Arc::new(self.clone()) as Arc<dyn Progress>)
    }

    /// Reports how far a file has come.
    pub fn file(&self, phase: Phase, path: &str, position: u64, total: u64) {
        self.event(&Event::File { phase, path, position, total });
    }

    /// Reports that the job does something else now.
    pub fn phase(&self, phase: Phase) {
        self.event(&Event::Phase(phase));
    }

    /// Reports [`Event::Finished`] and lets the callback catch up, for a second at most.
    pub async fn finish(&self) {
        self.event(&Event::Finished);
        let Some(entrance) = &self.0 else { return };
        let mailbox = Arc::clone(&entrance.0);
        match Handle::try_current() {
            // An error means that the runtime is shutting down.
            Ok(runtime) => drop(runtime.spawn_blocking(move || mailbox.drained()).await),
            Err(_) => mailbox.drained(),
        }
    }
}

impl Progress for Reporter {
    fn event(&self, event: &Event<'_>) {
        let Some(entrance) = &self.0 else { return };
        let mut state = entrance.0.lock();
        if state.closed {
            return;
        }
        match *event {
            Event::Started { files, bytes } => state.queue.push_back(Item::Started { files, bytes }),
            Event::Phase(phase) => state.queue.push_back(Item::Phase(phase)),
            Event::File { phase, path, position, total } => {
                let files = state.files.entry(phase).or_default();
                if let Some(waiting) = files.get_mut(path) {
                    (waiting.latest, waiting.total) = (position, total);
                    return;
                }
                let path: Arc<str> = path.into();
                files.insert(Arc::clone(&path), Place { first: position, latest: position, total });
                state.queue.push_back(Item::File(phase, path));
            }
            Event::Known { path, bytes } => state.queue.push_back(Item::Known(path.into(), bytes)),
            Event::Waiting { reason, duration } => {
                // Many requests are told to wait at the same time; the latest says enough.
                if let Some(Item::Waiting(..)) = state.queue.back() {
                    state.queue.pop_back();
                }
                state.queue.push_back(Item::Waiting(reason, duration));
            }
            Event::Finished => state.queue.push_back(Item::Finished),
            _ => return,
        }
        let wake = std::mem::take(&mut state.asleep);
        drop(state);
        if wake {
            entrance.0.changed.notify_all();
        }
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was not delivered, except that the job is done.
    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.queue.retain(|item| matches!(item, Item::Finished));
        drop(state);
        self.changed.notify_all();
    }

    /// Hands over events until the mailbox is closed and empty.
    fn deliver(&self, sink: &dyn Progress) {
        let mut state = self.lock();
        loop {
            let Some(item) = state.queue.pop_front() else {
                if state.closed {
                    return;
                }
                state = self.news(state);
                continue;
            };
            let place = match &item {
                Item::File(phase, path) => state.files.get_mut(phase).and_then(|files| files.remove(path)),
                _ => None,
            };
            state.busy = true;
            drop(state);
            let called = catch_unwind(AssertUnwindSafe(|| item.show(sink, place.unwrap_or_default())));
            state = self.lock();
            state.busy = false;
            if called.is_err() {
                state.closed = true;
                state.queue.clear();
            }
            if state.queue.is_empty() {
                self.changed.notify_all();
            }
            if called.is_err() {
                drop(state);
                tracing::warn!("the progress callback panicked; it is not called again");
                return;
            }
        }
    }

    /// Waits for the next event, after a rest.
    fn news<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let rests = |state: &mut State| !state.closed && !state.hurry;
        let waited = self.changed.wait_timeout_while(state, REST, rests);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        while state.queue.is_empty() && !state.closed {
            state.asleep = true;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.asleep = false;
        state
    }

    /// Waits until everything is delivered, for [`GRACE`] at most.
    fn drained(&self) {
        let waits = |state: &mut State| state.busy || !state.queue.is_empty();
        let mut state = self.lock();
        state.hurry = true;
        self.changed.notify_all();
        drop(self.changed.wait_timeout_while(state, GRACE, waits));
    }
}

impl Item {
    fn show(&self, sink: &dyn Progress, place: Place) {
        match self {
            Self::Started { files, bytes } => sink.event(&Event::Started { files: *files, bytes: *bytes }),
            Self::Phase(phase) => sink.event(&Event::Phase(*phase)),
            Self::File(phase, path) => {
                let (phase, total) = (*phase, place.total);
                sink.event(&Event::File { phase, path, position: place.first, total });
                if place.latest != place.first {
                    sink.event(&Event::File { phase, path, position: place.latest, total });
                }
            }
            Self::Known(path, bytes) => sink.event(&Event::Known { path, bytes: *bytes }),
            Self::Waiting(reason, duration) => {
                sink.event(&Event::Waiting { reason: *reason, duration: *duration });
            }
            Self::Finished => sink.event(&Event::Finished),
        }
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reporter").field(&self.0.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    type Seen = Arc<Mutex<Vec<String>>>;

    fn noted(event: &Event<'_>) -> String {
        match event {
            Event::File { path, position, .. } => format!("{path} {position}"),
            other => format!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn events_arrive_in_order_before_the_end() {
        let seen = Seen::default();
        let sink = Arc::clone(&seen);
        let reporter = Reporter::new(Some(Arc::new(move |event: &Event<'_>| {
            sink.lock().unwrap().push(noted(event));
        })));
        reporter.event(&Event::Started { files: 1, bytes: 2 });
        reporter.phase(Phase::Uploading);
        reporter.file(Phase::Uploading, "a", 2, 2);
        reporter.finish().await;
        let expected = ["Started { files: 1, bytes: 2 }", "Phase(Uploading)", "a 2", "Finished"];
        assert_eq!(*seen.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn a_slow_callback_holds_nobody_up_and_sees_the_latest_positions() {
        let (go, gate) = mpsc::channel::<()>();
        let (seen, gate) = (Seen::default(), Mutex::new(gate));
        let sink = Arc::clone(&seen);
        let reporter = Reporter::new(Some(Arc::new(move |event: &Event<'_>| {
            // Waits for each permission, and for none once the other end is gone.
            let _ = gate.lock().unwrap().recv();
            sink.lock().unwrap().push(noted(event));
        })));
        let begin = Instant::now();
        reporter.phase(Phase::Uploading);
        for position in 0..10_000 {
            reporter.file(Phase::Uploading, "a", position, 10_000);
            reporter.file(Phase::Uploading, "b", position, 10_000);
        }
        assert!(begin.elapsed() < Duration::from_secs(5));
        assert!(seen.lock().unwrap().is_empty());
        drop(go);
        reporter.finish().await;
        let seen = seen.lock().unwrap();
        let expected = ["Phase(Uploading)", "a 0", "a 9999", "b 0", "b 9999", "Finished"];
        assert_eq!(*seen, expected);
    }

    #[tokio::test]
    async fn a_callback_that_never_returns_delays_the_end_by_its_grace_only() {
        let (go, gate) = mpsc::channel::<()>();
        let gate = Mutex::new(gate);
        let reporter = Reporter::new(Some(Arc::new(move |_: &Event<'_>| {
            let _ = gate.lock().unwrap().recv();
        })));
        let begin = Instant::now();
        reporter.finish().await;
        assert!(begin.elapsed() < GRACE * 4);
        drop(go);
    }

    #[tokio::test]
    async fn a_callback_that_panics_is_called_once() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let reporter = Reporter::new(Some(Arc::new(move |_: &Event<'_>| {
            counter.fetch_add(1, Ordering::SeqCst);
            panic!("a mistake of the caller");
        })));
        reporter.phase(Phase::Hashing);
        reporter.file(Phase::Hashing, "a", 1, 2);
        reporter.finish().await;
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn after_the_last_clone_nothing_but_the_end_is_reported() {
        let mailbox = Arc::new(Mailbox::default());
        let reporter = Reporter(Some(Arc::new(Entrance(Arc::clone(&mailbox)))));
        reporter.phase(Phase::Hashing);
        reporter.event(&Event::Finished);
        let clone = reporter.clone();
        drop(reporter);
        assert_eq!(mailbox.lock().queue.len(), 2);
        drop(clone);
        assert_eq!(mailbox.lock().queue.len(), 1);
    }
}
