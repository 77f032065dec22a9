//! Tokens from a program, also from one that misbehaves. Programs are shell scripts.

use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, SystemTime};

use hub_auth::{
    AuthError, BoxFuture, CommandSource, Grant, MAX_TOKEN_LEN, Runtime, Token, TokenRequest, TokenSource,
};

use crate::plain::{granted, request};

const CANARY: &str = "hf_CANARYcanary0123456789";

struct Script {
    folder: tempfile::TempDir,
}

impl Script {
    /// A program that runs these lines of shell; `$D` is its folder.
    fn new(lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("#!/bin/sh\nD='{}'\n{lines}\n", folder.path().display());
        let path = folder.path().join("helper");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn source(&self) -> CommandSource {
        CommandSource::new(self.path("helper"), "https://hub.example:8443/some/path").unwrap()
    }

    fn ask(&self) -> Result<Grant, AuthError> {
        granted(&self.source())
    }

    fn error(&self) -> String {
        let error = self.ask().unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains(CANARY), "{text}");
        assert!(text.contains("helper"), "{text}");
        error.to_string()
    }
}

#[test]
fn the_program_is_asked_as_git_asks_its_helpers() {
    let script = Script::new(
        "echo \"$@\" > $D/arguments; cat > $D/question; echo username=ada; echo password=hf_given; \
         echo password_expiry_utc=1000003600; echo something=else",
    );
    let grant = now(script.source().arg("--flag").env("X", "1"), request()).unwrap();
    assert_eq!(std::fs::read_to_string(script.path("arguments")).unwrap(), "--flag get\n");
    assert_eq!(
        std::fs::read_to_string(script.path("question")).unwrap(),
        "protocol=https\nhost=hub.example:8443\n\n"
    );
    assert_eq!(grant.token().unwrap().reveal(), "hf_given");
    assert_eq!(grant.expires_at(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_003_600)));
    assert!(grant.to_string().starts_with("the program ") && grant.to_string().ends_with("helper"));
}

fn now(source: CommandSource, request: TokenRequest) -> Result<Grant, AuthError> {
    crate::plain::now(source.token(request))
}

#[test]
fn a_refused_token_is_erased_with_its_user_name_before_another_one_is_asked_for() {
    let script = Script::new(
        "echo \"$1\" >> $D/said; cat >> $D/said; [ \"$1\" = get ] && echo username=ada && echo password=hf_$(wc -l < $D/said)",
    );
    let source = script.source();
    let first = granted(&source).unwrap().into_token().unwrap();
    let second = crate::plain::now(source.token(request().after_refusal(first.clone()))).unwrap();
    assert_ne!(second.token().unwrap().reveal(), first.reveal());
    let question = "protocol=https\nhost=hub.example:8443\n";
    assert_eq!(
        std::fs::read_to_string(script.path("said")).unwrap(),
        format!(
            "get\n{question}\nerase\n{question}username=ada\npassword={}\n\nget\n{question}\n",
            first.reveal()
        )
    );
}

#[test]
fn a_program_without_a_token_means_none() {
    for lines in [
        "true",
        "echo username=ada",
        "echo password=x; echo quit=1",
        "echo password=",
        "echo; echo password=x",
    ] {
        let grant = Script::new(lines).ask().unwrap();
        assert!(grant.token().is_none(), "{lines}");
        assert_eq!(grant.expires_at(), None, "how long that is kept, is for `Cached` to say");
    }
}

#[test]
fn what_a_program_does_wrong_is_said_without_the_token() {
    let canary = format!("echo password={CANARY}");
    for (lines, said) in [
        (
            format!("{canary}; echo cannot use {CANARY} here >&2; exit 3"),
            "exit status: 3: cannot use *** here",
        ),
        (format!("echo {CANARY}"), "line 1 that it wrote is not key=value"),
        ("printf 'password=\\377\\n'".to_owned(), "is not text"),
        (format!("echo password={CANARY} {CANARY}"), "is not a visible ASCII character"),
        (format!("echo password=$(printf '%0{}d' 7)", MAX_TOKEN_LEN + 1), "longer than"),
        (
            "while :; do echo password=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done".to_owned(),
            "more than 64 KiB",
        ),
        ("head -c 70000 /dev/zero".to_owned(), "more than 64 KiB"),
        (format!("{canary}; echo password_expiry_utc=tomorrow"), "password_expiry_utc is not a number"),
        (format!("{canary}; echo password_expiry_utc=-1"), "password_expiry_utc is not a number"),
        ("kill -9 $$".to_owned(), "signal: 9"),
    ] {
        let error = Script::new(&lines).error();
        assert!(error.contains(said), "{lines}: {error}");
    }
    let missing = CommandSource::new("/no/such/helper", "https://hub.example").unwrap();
    assert!(granted(&missing).unwrap_err().to_string().contains("no such program"));
}

#[test]
fn an_end_beyond_all_clocks_is_no_end_and_one_long_past_is_kept_as_it_is() {
    let grant =
        Script::new("echo password=hf_a; echo password_expiry_utc=18446744073709551615").ask().unwrap();
    assert_eq!(grant.expires_at(), None);
    let grant = Script::new("echo password=hf_a; echo password_expiry_utc=0").ask().unwrap();
    assert_eq!(grant.expires_at(), Some(SystemTime::UNIX_EPOCH));
}

#[test]
fn a_program_that_complains_without_end_or_reads_nothing_is_no_trouble() {
    let script = Script::new("exec <&-; head -c 1000000 /dev/zero >&2; echo password=hf_a");
    assert_eq!(script.ask().unwrap().token().unwrap().reveal(), "hf_a");
}

#[test]
fn only_urls_with_a_host_can_be_asked_for() {
    for endpoint in [
        "",
        "hub.example",
        "ftp://x",
        "https://",
        "https:///x",
        "https://a b",
        "https://a\nhost=b",
        "http://u@",
    ] {
        assert!(CommandSource::new("x", endpoint).is_err(), "{endpoint:?}");
    }
    let script = Script::new("cat > $D/question");
    let source = CommandSource::new(script.path("helper"), "http://user:hunter2@hub/x?y#z").unwrap();
    granted(&source).unwrap();
    assert_eq!(std::fs::read_to_string(script.path("question")).unwrap(), "protocol=http\nhost=hub\n\n");
}

/// Work runs on a thread; time is over when the test says so.
#[derive(Debug)]
struct Threads {
    over: Mutex<Option<Receiver<()>>>,
}

impl Threads {
    fn new() -> (Arc<Self>, Sender<()>) {
        let (sender, receiver) = channel();
        (Arc::new(Self { over: Mutex::new(Some(receiver)) }), sender)
    }
}

impl Runtime for Threads {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        let over = self.over.lock().unwrap().take().unwrap();
        on_a_thread(move || over.recv().unwrap())
    }

    fn spawn(&self, _: BoxFuture<'static, ()>) {}

    fn run_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        on_a_thread(work)
    }
}

type Shared = Arc<Mutex<(bool, Option<Waker>)>>;

fn on_a_thread(work: impl FnOnce() + Send + 'static) -> BoxFuture<'static, ()> {
    let state = Shared::default();
    let done = Arc::clone(&state);
    std::thread::spawn(move || {
        work();
        let mut state = done.lock().unwrap();
        state.0 = true;
        state.1.take().into_iter().for_each(Waker::wake);
    });
    Box::pin(std::future::poll_fn(move |context| {
        let mut state = state.lock().unwrap();
        state.1 = Some(context.waker().clone());
        if state.0 { Poll::Ready(()) } else { Poll::Pending }
    }))
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        std::thread::park();
    }
}

/// A program that starts another one, says so, and never ends.
const ENDLESS: &str = "sleep 1000 & echo $$ $! > $D/new; mv $D/new $D/pids; wait";

fn pids(folder: &Path) -> Vec<String> {
    loop {
        if let Ok(text) = std::fs::read_to_string(folder.join("pids")) {
            return text.split_whitespace().map(str::to_owned).collect();
        }
        std::thread::yield_now();
    }
}

/// Returns when none of them is alive; a killed process needs no time of its own to end.
fn wait_for_the_end(pids: &[String]) {
    let alive = |pid: &String| {
        let state = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap().stdout;
        !state.is_empty() && !state.starts_with(b"Z")
    };
    while pids.iter().any(alive) {
        std::thread::yield_now();
    }
}

#[test]
fn a_program_that_takes_too_long_is_killed_with_its_children() {
    let script = Script::new(ENDLESS);
    let (threads, over) = Threads::new();
    let folder = script.folder.path().to_owned();
    let watcher = std::thread::spawn(move || {
        let pids = pids(&folder);
        over.send(()).unwrap();
        pids
    });
    let source = script.source().time_limit(Duration::from_secs(5));
    let error = block_on(source.token(TokenRequest::new(threads))).unwrap_err().to_string();
    assert!(error.contains("took longer than 5 s and was killed"), "{error}");
    wait_for_the_end(&watcher.join().unwrap());
}

#[test]
fn a_program_whose_caller_goes_away_is_killed_with_its_children() {
    let script = Script::new(ENDLESS);
    let (threads, _over) = Threads::new();
    let source = script.source();
    let mut question = source.token(TokenRequest::new(threads));
    assert!(question.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let pids = pids(script.folder.path());
    drop(question);
    wait_for_the_end(&pids);
}

#[test]
fn no_printable_form_holds_what_the_program_said() {
    let script = Script::new(&format!("echo username=ada; echo password={CANARY}"));
    let source = script.source();
    let grant = granted(&source).unwrap();
    assert_eq!(grant.token().map(Token::reveal), Some(CANARY));
    let printed = format!("{source:?} {grant:?} {grant}");
    assert!(!printed.contains("CANARY"), "{printed}");
}
