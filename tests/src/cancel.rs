//! Futures that are dropped after each of their polls, and what they may leave behind: nothing.

use std::{
    future::{Future, poll_fn},
    path::{Path, PathBuf},
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

use hub_api::{Error, HfApi};
use hub_server::{EmbeddedHub, Server};

use crate::ADA;

/// What a call becomes when its arguments are set and it is about to be polled.
pub type Begun = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// The longest time that something may take to come to rest. Nothing waits for it: it ends a test that would hang.
const REST: Duration = Duration::from_secs(60);

/// Runs `future` for at most this many polls, then drops it. `None` if it was not done by then.
pub async fn polled_at_most<F: Future>(limit: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = limit;
    poll_fn(move |cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// An embedded Hub on a port of this machine, in a runtime of its own, and a folder for what its clients write.
pub struct Served {
    /// The Hub.
    pub hub: EmbeddedHub,
    /// Where its clients find it.
    pub url: String,
    /// Everything that clients write goes below this folder.
    pub scratch: tempfile::TempDir,
    runtime: Option<tokio::runtime::Runtime>,
    /// What there is when there is no client.
    alone: Left,
}

impl Served {
    /// Serves a Hub as [`crate::hub`] makes it. Called when nothing else runs in this process.
    pub fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let hub = crate::hub();
        let server = std::thread::scope(|scope| {
            let bind = || runtime.block_on(Server::bind(hub.clone(), "127.0.0.1:0")).unwrap();
            scope.spawn(bind).join().unwrap()
        });
        let url = format!("http://{}", server.local_addr());
        runtime.spawn(server.run(std::future::pending()));
        let scratch = tempfile::tempdir().unwrap();
        let (started, socket) = (Instant::now(), hub.dir().join("admin.sock"));
        while cfg!(unix) && !socket.exists() {
            assert!(started.elapsed() < REST, "the server does not begin");
            std::thread::yield_now();
        }
        let alone = Left::by(&hub, scratch.path());
        Self { hub, url, scratch, runtime: Some(runtime), alone }
    }

    /// A new client of the user `ada`, with connections of its own.
    pub fn client(&self) -> HfApi {
        HfApi::builder()
            .endpoint(&self.url)
            .token(ADA)
            .cache_dir(self.scratch.path().join("cache"))
            .build()
            .unwrap()
    }

    /// A folder that nobody has used.
    pub fn folder(&self, name: &str, number: usize) -> PathBuf {
        self.scratch.path().join(format!("{name}-{number}"))
    }

    /// Runs a call again and again, each time dropped one poll later, until it gets to its end; says how many polls that took.
    ///
    /// After each drop the client must still response; and when the client is gone too, no task, no connection, no open file
    /// below the scratch folder and no temporary file may be left, neither here nor in the Hub's folder.
    ///
    /// # Panics
    /// If anything is left, or if the call fails when it gets to its end.
    pub async fn dropped_after_each_poll(
        &self,
        name: &str,
        begin: impl AsyncFn(HfApi, usize) -> Begun,
    ) -> usize {
        for polls in 0..10_000 {
            let api = self.client();
            let call = begin(api.clone(), polls).await;
            let outcome = polled_at_most(polls, call).await;
            let usable = api.whoami().await;
            assert!(usable.is_ok(), "{name} dropped after {polls} polls: {usable:?}");
            drop(api);
            self.comes_to_rest(&format!("{name} dropped after {polls} polls")).await;
            if let Some(outcome) = outcome {
                outcome.unwrap_or_else(|error| panic!("{name} after {polls} polls: {error:?}"));
                return polls;
            }
        }
        panic!("{name} never gets to its end");
    }

    async fn comes_to_rest(&self, what: &str) {
        let started = Instant::now();
        loop {
            let now = Left::by(&self.hub, self.scratch.path());
            if now == self.alone {
                return;
            }
            assert!(started.elapsed() < REST, "{what} leaves {now:#?}\nbefore: {:#?}", self.alone);
            tokio::task::yield_now().await;
            tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // What it has open must be gone before the next one counts; and inside of a runtime none may wait for another.
        if let Some(runtime) = self.runtime.take() {
            let _ = std::thread::spawn(move || runtime.shutdown_timeout(REST)).join();
        }
    }
}

/// What is there at some time.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    /// Tasks of the client's runtime that have not ended.
    tasks: usize,
    connections: usize,
    open_files: Vec<PathBuf>,
    temporary: Vec<PathBuf>,
}

impl Left {
    fn by(hub: &EmbeddedHub, scratch: &Path) -> Self {
        let handles = handles();
        let sockets = handles.iter().filter(|handle| handle.to_string_lossy().starts_with("socket:"));
        let connections = sockets.count();
        let mut open_files: Vec<_> =
            handles.iter().filter(|handle| handle.starts_with(scratch)).cloned().collect();
        open_files.sort();
        let mut temporary = Vec::new();
        find(scratch, &mut temporary, &|path| path.extension().is_some_and(|ending| ending == "tmp"));
        for folder in ["tmp", "lfs/incoming", "xet/incoming"] {
            find(&hub.dir().join(folder), &mut temporary, &|_| true);
        }
        temporary.sort();
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        Self { tasks, connections, open_files, temporary }
    }
}

/// What the handles of this process lead to; where the system does not say, none.
fn handles() -> Vec<PathBuf> {
    let Ok(listing) = std::fs::read_dir("/proc/self/fd") else { return Vec::new() };
    listing.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()).collect()
}

fn find(folder: &Path, found: &mut Vec<PathBuf>, wanted: &dyn Fn(&Path) -> bool) {
    // It may go while it is listed.
    let Ok(listing) = std::fs::read_dir(folder) else { return };
    for path in listing.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            find(&path, found, wanted);
        } else if wanted(&path) {
            found.push(path);
        }
    }
}
