//! The embedded Hub behind [faults](crate::faulty), as the second server of what is tried against the
//! [model](crate::model): the same requests go wrong in the same ways.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hub_server::{EmbeddedHub, TokenRole};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::Service;

use crate::faulty::{Asked, Faulty, Reply, Server, Work};
use crate::model::Rules;
use crate::model::time::in_header;
use crate::model_client::MODEL_ENDPOINT;

/// The embedded Hub.
pub struct Embedded {
    hub: EmbeddedHub,
    others: AtomicUsize,
    // Dropped last.
    _folder: TempDir,
}

impl Embedded {
    /// A Hub behind faults with the users and the repository of [`Model::with_demo`](crate::model::Model::with_demo). Of the
    /// rules it takes the size of a part.
    pub async fn with_demo(rules: &Rules) -> Faulty<Self> {
        let folder = folder();
        let hub = EmbeddedHub::open(folder.path()).token("ada", "hf_ada", TokenRole::Write);
        let hub = hub.token("bob", "hf_bob", TokenRole::Write).build().unwrap();
        let hub = Self { hub, others: AtomicUsize::new(0), _folder: folder };
        let demo = json!({"name": "demo", "lfsmultipartthresh": rules.part_size});
        hub.ask(Method::POST, "/api/repos/create", &[demo]).await;
        Faulty::new(hub)
    }

    /// Lets ada ask for something that goes well: past all faults.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: &[Value]) -> Value {
        let kind = if path.contains("/commit/") { "application/x-ndjson" } else { "application/json" };
        let (line, body) =
            (format!("{method} {path}"), body.iter().map(|line| format!("{line}\n")).collect());
        let request = Request::builder()
            .method(method)
            .uri(format!("{MODEL_ENDPOINT}{path}"))
            .header("authorization", "Bearer hf_ada")
            .header("content-type", kind)
            .body(Full::<Bytes>::new(String::into(body)));
        let (head, body) = self.hub.clone().call(request.unwrap()).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        assert!(head.status.is_success(), "{line}: {} {body:?}", head.status);
        serde_json::from_slice(&body).unwrap()
    }

    /// Makes a commit to `main` of `ada/demo` that no client here asked for.
    pub(crate) async fn other_commit(&self) {
        let number = self.others.fetch_add(1, Ordering::SeqCst);
        let lines = [
            json!({"key": "header", "value": {"summary": "Other", "description": ""}}),
            json!({"key": "file", "value": {"path": format!("other-{number}.txt"), "content": "other"}}),
        ];
        self.ask(Method::POST, "/api/models/ada/demo/commit/main", &lines).await;
    }
}

async fn response(mut hub: EmbeddedHub, asked: Asked) -> Reply {
    let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
    let mut request = Request::new(Full::new(asked.body));
    *request.uri_mut() = format!("{}{}{query}", asked.origin, asked.path).parse().unwrap();
    *request.method_mut() = asked.method.clone();
    *request.headers_mut() = asked.headers;
    let (mut head, body) = hub.call(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    if asked.method != Method::HEAD {
        // What becomes of the body is not decided yet.
        head.headers.remove(CONTENT_LENGTH);
    }
    Reply::of(head.status.as_u16(), head.headers, body, &asked.method)
}

impl Server for Embedded {
    fn response(&self, asked: &Asked) -> Work<Reply> {
        Box::pin(response(self.hub.clone(), asked.clone()))
    }

    /// Asks a copy of its folder, unless nothing can change anyway.
    fn would_answer(&self, asked: &Asked) -> Work<Reply> {
        let (hub, asked) = (self.hub.clone(), asked.clone());
        Box::pin(async move {
            if matches!(asked.method, Method::GET | Method::HEAD) {
                return response(hub, asked).await;
            }
            let folder = folder();
            copy(hub.dir(), folder.path());
            response(EmbeddedHub::open(folder.path()).build().unwrap(), asked).await
        })
    }

    fn date(&self) -> Option<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Some(in_header(u64::try_from(now.as_millis()).unwrap_or_default()))
    }
}

/// A folder in memory, where the system has such: none of this is about the disk, and a Hub waits for it often.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&place).unwrap();
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
}
