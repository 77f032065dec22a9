//! git itself: clone, fetch and push, through git's own `git http-backend`.
//!
//! The hub decides who may; git does the rest. A push and a commit through the API never lose each other: both hold git's
//! lock file of the ref while they look at it and move it.

use std::{ffi::OsString, path::Path, process::Stdio};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::{
    HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
    request::Parts,
};
use hub_types::route::GitRoute;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{
    Body,
    api_error::ApiError,
    body::{self, Incoming},
    context::Context,
    git_env::MISLEADING,
    limits::per_address::Place,
    route::rights::Access,
    store::{GitRepo, Push},
};

/// Bytes that are read of git's response at once.
const PIECE: usize = 64 * 1024;
/// Most bytes of the head of git's response.
const MAX_HEAD: usize = 16 * 1024;
/// Settings of git for every request. Nothing of the user's or the system's is read.
const SETTINGS: [&str; 13] = [
    "safe.directory=*",
    "core.hooksPath=/dev/null",
    "core.fsync=all",
    "core.filesRefLockTimeout=10000",
    "gc.auto=0",
    "http.receivepack=true",
    "receive.autogc=false",
    "receive.fsckObjects=true",
    // The largest pack, 2 GiB: what is large goes to LFS.
    "receive.maxInputSize=2147483648",
    // Branches and tags can be pushed, nothing else.
    "receive.hideRefs=refs",
    "receive.hideRefs=!refs/heads",
    "receive.hideRefs=!refs/tags",
    "uploadpack.allowReachableSHA1InWant=true",
];

/// Answers git.
pub(crate) async fn response(
    context: &Context,
    access: Access,
    parts: &Parts,
    body: &mut Incoming,
    route: GitRoute,
) -> Result<Response<Body>, ApiError> {
    let service = context.query.get("service");
    if route == GitRoute::Refs && !matches!(service, Some("git-upload-pack" | "git-receive-pack")) {
        return Err(ApiError::forbidden(
            "service must be git-upload-pack or git-receive-pack: use a git that speaks smart HTTP",
        ));
    }
    let repo = access.repo.clone();
    let git = context.blocking(move |hub| Ok(hub.store.git(&repo)?)).await?;
    let slot = context.hub().git_slot(context.peer).await?;
    let check = match route {
        GitRoute::ReceivePack => {
            let repo = access.repo.clone();
            let length =
                parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
            let push = context.blocking(move |hub| Ok(hub.store.begin_push(&repo, length.unwrap_or(1))?));
            Some(push.await?)
        }
        GitRoute::Refs | GitRoute::UploadPack => None,
    };
    let mut child = start(context, &access, parts, &git, (route, check.as_ref()))?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(ApiError::internal(&std::io::Error::other("git has no standard streams")));
    };
    let incoming = std::mem::replace(body, body::erase(Body::empty()));
    let feeding = tokio::spawn(feed(incoming, stdin));
    let mut response =
        GitResponse { child, stdout, rest: BytesMut::new(), feeding, _slot: slot, _check: check };
    if route != GitRoute::ReceivePack {
        let head = response.head().await?;
        return Ok(head.map(|()| Body::new(http_body_util::StreamBody::new(response.frames()))));
    }
    // On its own, so that it comes to its end also when nobody waits for the response any more.
    let ending = tokio::spawn(push(context.clone(), response, git));
    ending.await.map_err(|error| ApiError::internal(&error))?
}

/// The end of a push. It is over before it is answered, so that whoever was told of it finds it everywhere.
async fn push(context: Context, mut response: GitResponse, git: GitRepo) -> Result<Response<Body>, ApiError> {
    let head = response.head().await?;
    let text = response.whole().await?;
    context
        .blocking(move |_| {
            git.pushed();
            Ok(())
        })
        .await?;
    Ok(head.map(|()| Body::bytes(text)))
}

fn start(
    context: &Context,
    access: &Access,
    parts: &Parts,
    git: &GitRepo,
    (route, push): (GitRoute, Option<&Push>),
) -> Result<Child, ApiError> {
    let path = match route {
        GitRoute::UploadPack => "/git-upload-pack",
        GitRoute::ReceivePack => "/git-receive-pack",
        GitRoute::Refs => "/info/refs",
    };
    let mut command = Command::new(context.hub().git_program());
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    if let Some(push) = push {
        command.args(["-c", &push.setting()]).env("HUB_PUSH", push.folder());
    }
    command.arg("http-backend");
    for name in MISLEADING {
        command.env_remove(name);
    }
    // Only what the rights were asked for.
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(context.query.get("service").map(|service| ("service", service)));
    let query = query.finish();
    let header = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let user = access.caller.as_ref().map(|caller| caller.user.name.as_str());
    let variables = [
        ("GIT_PROJECT_ROOT", Some(git.path().as_os_str().to_owned())),
        ("PATH_INFO", Some(path.into())),
        ("REQUEST_METHOD", Some(parts.method.as_str().into())),
        ("QUERY_STRING", Some(query.into())),
        ("CONTENT_TYPE", header(CONTENT_TYPE).map(OsString::from)),
        ("CONTENT_LENGTH", header(CONTENT_LENGTH).map(OsString::from)),
        ("HTTP_CONTENT_ENCODING", header(CONTENT_ENCODING).map(OsString::from)),
        ("GIT_PROTOCOL", header(HeaderName::from_static("git-protocol")).map(OsString::from)),
        ("REMOTE_USER", user.map(OsString::from)),
        ("GIT_HTTP_EXPORT_ALL", Some("1".into())),
        ("GIT_CONFIG_NOSYSTEM", Some("1".into())),
        ("GIT_CONFIG_GLOBAL", Some("/dev/null".into())),
    ];
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            "git is not installed on the machine of this hub, so it cannot be cloned from or pushed to; files go through the API",
        ),
        _ => ApiError::internal(&error),
    })
}

/// Hands a request's body to git. What goes wrong is git's to say: it sees its input end.
async fn feed(mut body: Incoming, mut stdin: ChildStdin) {
    while let Ok(Some(data)) = body::next_data(&mut body).await {
        if stdin.write_all(&data).await.is_err() {
            return;
        }
    }
    let _ = stdin.shutdown().await;
}

/// git at work. Dropping it ends git.
struct GitResponse {
    child: Child,
    stdout: ChildStdout,
    /// What came after the head.
    rest: BytesMut,
    feeding: tokio::task::JoinHandle<()>,
    _slot: Place,
    /// Removed when git has ended.
    _check: Option<Push>,
}

impl Drop for GitResponse {
    fn drop(&mut self) {
        self.feeding.abort();
        // git starts programs of its own, which would go on for a caller that has gone.
        #[cfg(unix)]
        if let Some(group) =
            self.child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?))
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

impl GitResponse {
    /// The head, in the form of CGI (RFC 3875, section 6).
    async fn head(&mut self) -> Result<Response<()>, ApiError> {
        let broken = |reason: &str| ApiError::internal(&std::io::Error::other(format!("git {reason}")));
        let mut text = BytesMut::with_capacity(MAX_HEAD);
        let (end, begin) = loop {
            if let Some(found) = end_of_head(&text) {
                break found;
            }
            if text.len() >= MAX_HEAD {
                return Err(broken("answered with an endless head"));
            }
            if self.stdout.read_buf(&mut text).await.map_err(|error| ApiError::internal(&error))? == 0 {
                return Err(broken("ended without a response"));
            }
        };
        self.rest = text.split_off(begin);
        text.truncate(end);
        let mut response = Response::new(());
        for line in String::from_utf8_lossy(&text).lines() {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            if name.eq_ignore_ascii_case("status") {
                let status = value.split(' ').next().and_then(|code| code.parse().ok());
                *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            } else if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        Ok(response)
    }

    async fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        if self.rest.is_empty() {
            self.rest.reserve(PIECE);
            if self.stdout.read_buf(&mut self.rest).await? == 0 {
                self.child.wait().await?;
                return Ok(None);
            }
        }
        Ok(Some(self.rest.split().freeze()))
    }

    /// The body as it comes.
    fn frames(
        self,
    ) -> impl futures_util::Stream<Item = Result<http_body::Frame<Bytes>, crate::BoxError>> + Send {
        stream::try_unfold(self, |mut response| async move {
            let data = response.next().await?;
            Ok(data.map(|data| (http_body::Frame::data(data), response)))
        })
    }

    /// The body of the response to a push: a line for each ref.
    async fn whole(mut self) -> Result<Bytes, ApiError> {
        let mut whole = BytesMut::new();
        while let Some(data) = self.next().await.map_err(|error| ApiError::internal(&error))? {
            whole.extend_from_slice(&data);
        }
        Ok(whole.freeze())
    }
}

/// Where the head ends and the body begins.
fn end_of_head(text: &[u8]) -> Option<(usize, usize)> {
    let find = |mark: &[u8]| {
        let at = text.windows(mark.len()).position(|window| window == mark)?;
        Some((at, at + mark.len()))
    };
    find(b"\r\n\r\n").or_else(|| find(b"\n\n"))
}

/// Whether a request's body may be compressed: git compresses what it asks with, and `http-backend` reads it.
pub(crate) fn reads_compressed(method: &Method, path: &str) -> bool {
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    *method == Method::POST && matches!(name, Some("git-upload-pack" | "git-receive-pack"))
}
