//! A hub with accounts and repositories, and requests in one line.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hub_server::{Builder, EmbeddedHub, OrgRole, TokenRole};
use hub_types::RepoType;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower::ServiceExt;

/// Writes as ada, who owns `ada/*`.
/// Whether hubs of tests have SQLite: what is about the file, and backups, is not tested with PostgreSQL.
pub(crate) fn on_sqlite() -> bool {
    std::env::var_os("HUB_TEST_POSTGRES").is_none()
}

pub(crate) const ADA: &str = "hf_ada";
/// Reads as ada.
pub(crate) const ADA_READS: &str = "hf_ada_reads";
/// Writes as bob, who has nothing to do with the others.
pub(crate) const BOB: &str = "hf_bob";
/// Writes as rita, who reads in the organisation.
pub(crate) const RITA: &str = "hf_rita";
/// Writes as wim, who writes in the organisation.
pub(crate) const WIM: &str = "hf_wim";
/// Writes as cora, who contributes to the organisation.
pub(crate) const CORA: &str = "hf_cora";

/// Users ada, bob, rita, wim and cora; organisation `analytical`; public and private models of ada and of it.
pub(crate) fn builder() -> Builder {
    EmbeddedHub::temporary()
        .token("ada", ADA, TokenRole::Write)
        .token("ada", ADA_READS, TokenRole::Read)
        .token("bob", BOB, TokenRole::Write)
        .token("rita", RITA, TokenRole::Write)
        .token("wim", WIM, TokenRole::Write)
        .token("cora", CORA, TokenRole::Write)
        .org("analytical")
        .member("analytical", "rita", OrgRole::Read)
        .member("analytical", "wim", OrgRole::Write)
        .member("analytical", "cora", OrgRole::Contributor)
        .repo("ada/demo")
        .repo("analytical/open")
        .repo_of(RepoType::Model, "analytical/closed", true)
        .repo_of(RepoType::Dataset, "ada/nums", false)
        .repo_of(RepoType::Space, "ada/app", false)
}

pub(crate) fn hub() -> EmbeddedHub {
    builder().build().unwrap()
}

/// A hub in a folder that stays when it is dropped, with ada and her model.
pub(crate) fn open(dir: &Path) -> EmbeddedHub {
    EmbeddedHub::open(dir).token("ada", ADA, TokenRole::Write).repo("ada/demo").build().unwrap()
}

/// Damages a file as a bad disk may: it is `short`, `empty`, `long` or `lost`.
pub(crate) fn damage(file: &Path, how: &str) {
    let resize = |to: fn(u64) -> u64| {
        let file = std::fs::File::options().write(true).open(file).unwrap();
        file.set_len(to(file.metadata().unwrap().len())).unwrap();
    };
    match how {
        "short" => resize(|_| 4),
        "empty" => resize(|_| 0),
        "long" => resize(|len| len + 13),
        "lost" => std::fs::remove_file(file).unwrap(),
        other => panic!("a file cannot be {other}"),
    }
}

/// The text that git has for a large file.
pub(crate) fn pointer(oid: &str, size: usize) -> Vec<u8> {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n").into_bytes()
}

/// A request under construction.
#[derive(Clone)]
pub(crate) struct Call {
    method: Method,
    uri: String,
    headers: HeaderMap,
    body: Bytes,
}

pub(crate) fn call(method: Method, uri: &str) -> Call {
    Call { method, uri: uri.to_owned(), headers: HeaderMap::new(), body: Bytes::new() }
}

pub(crate) fn get(uri: &str) -> Call {
    call(Method::GET, uri)
}

pub(crate) fn head(uri: &str) -> Call {
    call(Method::HEAD, uri)
}

pub(crate) fn post(uri: &str, json: Value) -> Call {
    call(Method::POST, uri).header("content-type", "application/json").body(json.to_string())
}

impl Call {
    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn maybe_token(self, token: Option<&str>) -> Self {
        match token {
            Some(token) => self.token(token),
            None => self,
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    /// Takes headers away.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        for name in names {
            self.headers.remove(*name);
        }
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn request(self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri.parse().unwrap();
        *request.headers_mut() = self.headers;
        request
    }

    pub(crate) async fn send(self, hub: &EmbeddedHub) -> Received {
        let (parts, body) = hub.clone().oneshot(self.request()).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Received { status: parts.status, headers: parts.headers, body }
    }
}

/// A response that has come whole.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    /// The JSON body of a 200.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.any_json()
    }

    #[track_caller]
    pub(crate) fn any_json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status, code and message.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, Option<&str>, String) {
        let text = self.any_json()["error"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), self.header("x-error-code"), text)
    }

    /// Everything but the id of the request and the time.
    pub(crate) fn without_id(mut self) -> (StatusCode, Vec<(String, Vec<u8>)>, Bytes) {
        self.headers.remove("x-request-id");
        self.headers.remove("date");
        let mut headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        headers.sort();
        (self.status, headers, self.body)
    }
}

/// The path and query of an absolute URL.
pub(crate) fn path_of(url: &str) -> String {
    let url: http::Uri = url.parse().unwrap();
    assert!(url.authority().is_some(), "{url} is not absolute");
    url.path_and_query().unwrap().to_string()
}

pub(crate) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The body of a commit.
pub(crate) fn ndjson(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

pub(crate) fn header_line(summary: &str) -> Value {
    serde_json::json!({"key": "header", "value": {"summary": summary, "description": ""}})
}

pub(crate) fn file_line(path: &str, content: &str) -> Value {
    serde_json::json!({"key": "file", "value": {"path": path, "content": content, "encoding": "utf-8"}})
}

pub(crate) fn lfs_line(path: &str, content: &[u8]) -> Value {
    serde_json::json!({"key": "lfsFile", "value":
        {"path": path, "algo": "sha256", "oid": sha256(content), "size": content.len()}})
}

/// A commit of `lines` after a header, to `main` of a model.
pub(crate) fn commit(repo: &str, lines: &[Value]) -> Call {
    let mut all = vec![header_line("Change")];
    all.extend_from_slice(lines);
    call(Method::POST, &format!("/api/models/{repo}/commit/main"))
        .header("content-type", "application/x-ndjson")
        .body(ndjson(&all))
}

/// Commits text files as ada and returns the commit's id.
pub(crate) async fn add_files(hub: &EmbeddedHub, repo: &str, files: &[(&str, &str)]) -> String {
    let lines: Vec<_> = files.iter().map(|(path, content)| file_line(path, content)).collect();
    let response = commit(repo, &lines).token(ADA).send(hub).await.json();
    response["commitOid"].as_str().unwrap().to_owned()
}

/// Asks for the LFS actions of one object.
pub(crate) async fn batch(
    hub: &EmbeddedHub,
    token: &str,
    repo: &str,
    operation: &str,
    content: &[u8],
) -> Value {
    let request = serde_json::json!({
        "operation": operation, "transfers": ["basic", "multipart"], "hash_algo": "sha256",
        "objects": [{"oid": sha256(content), "size": content.len()}],
    });
    let response = post(&format!("/{repo}.git/info/lfs/objects/batch"), request).token(token).send(hub).await;
    response.json()["objects"][0].clone()
}

/// Uploads an object in one piece as ada.
pub(crate) async fn upload(hub: &EmbeddedHub, repo: &str, content: &[u8]) {
    let object = batch(hub, ADA, repo, "upload", content).await;
    let href = path_of(object["actions"]["upload"]["href"].as_str().unwrap());
    let response = call(Method::PUT, &href).body(content.to_vec()).send(hub).await;
    assert_eq!(response.status, 200, "{response:?}");
}

/// The id of the tip of `main` of a model.
pub(crate) async fn tip(hub: &EmbeddedHub, repo: &str) -> String {
    let info = get(&format!("/api/models/{repo}")).token(ADA).send(hub).await.json();
    info["sha"].as_str().unwrap().to_owned()
}

/// What is logged on this thread, while the value is there.
pub(crate) struct Log {
    text: Arc<Mutex<Vec<u8>>>,
    _listening: tracing::subscriber::DefaultGuard,
}

impl Log {
    pub(crate) fn listen() -> Self {
        let text: Arc<Mutex<Vec<u8>>> = Arc::default();
        let writer = Arc::clone(&text);
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || Written(Arc::clone(&writer)))
            .finish();
        Self { text, _listening: tracing::subscriber::set_default(subscriber) }
    }

    /// The first line with all of these words.
    #[track_caller]
    pub(crate) fn line(&self, words: &[&str]) -> String {
        let text = String::from_utf8(self.text.lock().unwrap().clone()).unwrap();
        let found = text.lines().find(|line| words.iter().all(|word| line.contains(word)));
        found.unwrap_or_else(|| panic!("no line with {words:?} in\n{text}")).to_owned()
    }
}

struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
