//! The embedded Hub, killed at many points of uploads: nothing that was acknowledged is lost.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use http::Request;
use hub_api::HfApi;
use hub_tests::noise;
use tower::{Layer, Service};

use crate::place::hub;

const KILLS: u64 = 50;
/// It is killed at one of the first so many requests. An upload takes no more than 6.
const LATEST: u64 = 40;
pub(crate) const SEED: &str = r#"
[[user]]
name = "ada"
tokens = [{ name = "laptop", token = "hf_ada_write", role = "write" }]
"#;

/// `hub serve` on `data`, which writes down its requests in `serve.log`.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
}

impl Served {
    pub(crate) fn start(home: &Path) -> Self {
        Self::start_with(home, &[])
    }

    pub(crate) fn start_with(home: &Path, more: &[&str]) -> Self {
        let all = ["serve", "--listen", "127.0.0.1:0", "--data", "data", "--seed", "seed.toml"];
        Self::start_args(home, &[&all, more].concat())
    }

    pub(crate) fn start_args(home: &Path, args: &[&str]) -> Self {
        let mut child = hub(home)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(File::create(home.join("serve.log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").expect("the readiness line").to_owned();
        Self { child, url }
    }

    /// Sends the process a signal, by its name.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// The id of the process.
    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub(crate) fn client(url: &str) -> HfApi {
    let once = hub_api::transport::RetryConfig::none();
    HfApi::builder().endpoint(url).token("hf_ada_write").retry(once).build().unwrap()
}

fn fsck(repo: &Path) {
    let output = Command::new("git").args(["fsck", "--full", "--strict"]).current_dir(repo).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Ends the server when a client sends its request number `at`, while that is on its way.
#[derive(Clone)]
struct KillAt<S> {
    inner: S,
    at: u64,
    sent: Arc<AtomicU64>,
    served: Arc<Mutex<Option<Served>>>,
}

impl<S> Layer<S> for KillAt<()> {
    type Service = KillAt<S>;

    fn layer(&self, inner: S) -> KillAt<S> {
        KillAt { inner, at: self.at, sent: Arc::clone(&self.sent), served: Arc::clone(&self.served) }
    }
}

impl<S, B> Service<Request<B>> for KillAt<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        if self.sent.fetch_add(1, Ordering::Relaxed) == self.at {
            let served = self.served.lock().unwrap().take();
            std::thread::spawn(move || served.unwrap().kill());
        }
        self.inner.call(request)
    }
}

/// Uploads of regular and LFS files run until the server is gone; gives what was acknowledged.
async fn upload_until_killed(api: &HfApi, round: u64) -> Vec<(String, Vec<u8>, String)> {
    let mut done = Vec::new();
    for turn in 0.. {
        let large = turn % 2 == 1;
        let content = noise(round * 1000 + turn, if large { 60_000 } else { 500 });
        let name = format!("{round}/{turn}.{}", if large { "bin" } else { "txt" });
        let content = if large { content } else { format!("{content:?}").into_bytes() };
        match api.upload_file(content.clone(), &name, "ada/demo").await {
            Ok(commit) => done.push((name, content, commit.oid)),
            Err(_) => break,
        }
    }
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_hub_keeps_every_acknowledged_commit() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("seed.toml"), SEED).unwrap();
    let mut acknowledged: Vec<(String, Vec<u8>, String)> = Vec::new();
    for round in 0..KILLS {
        let served = Served::start(home.path());
        let url = served.url.clone();
        client(&url).create_repo("ada/demo").exist_ok(true).await.unwrap();
        // Which request it is follows from the round, and not from how fast the machine is.
        let at = u64::from(noise(round, 1)[0]) % LATEST;
        let (sent, served) = (Arc::default(), Arc::new(Mutex::new(Some(served))));
        let layer = KillAt { inner: (), at, sent, served };
        let once = hub_api::transport::RetryConfig::none();
        let api = HfApi::builder().endpoint(&url).token("hf_ada_write").retry(once).layer(layer);
        acknowledged.extend(upload_until_killed(&api.build().unwrap(), round).await);
    }
    assert!(acknowledged.len() > KILLS as usize, "only {} uploads were acknowledged", acknowledged.len());

    let served = Served::start(home.path());
    let api = client(&served.url);
    let commits = api.list_repo_commits("ada/demo").all().await.unwrap();
    let target = tempfile::tempdir().unwrap();
    api.snapshot_download("ada/demo").local_dir(target.path()).await.unwrap();
    for (name, content, oid) in &acknowledged {
        assert!(commits.iter().any(|commit| &commit.id == oid), "{name}: its commit is lost");
        assert!(&std::fs::read(target.path().join(name)).unwrap() == content, "{name}: its content is lost");
    }
    served.kill();
    fsck(&home.path().join("data/repos/01/1.git"));
}
