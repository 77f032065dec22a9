//! A Hub that has the files of one commit in memory, also files that would not fit in it, and notes what it is asked for.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use hub_transport::{Body, BoxError, Transport};
use hub_types::range::{self, Part};
use serde_json::{Value, json};
use sha2::Digest;
use tower::service_fn;

use crate::server::COMMIT;

const PIECE: u64 = 64 * 1024;

/// A file: its first bytes, and then zeros.
#[derive(Clone)]
struct Stored {
    start: Bytes,
    size: u64,
    sha256: String,
    /// The id of the blob, if it is in git itself.
    git: Option<String>,
}

/// What the Hub has.
#[derive(Clone, Default)]
pub(crate) struct MemoryHub {
    files: BTreeMap<String, Stored>,
    /// The response with all heads, and the commit that it is of.
    heads: Option<Value>,
    without_ranges: bool,
    log: Arc<Mutex<Vec<String>>>,
    sent: Arc<AtomicU64>,
}

impl MemoryHub {
    pub(crate) fn file(mut self, path: &str, content: impl Into<Bytes>) -> Self {
        let start = content.into();
        let sha256 = sha2::Sha256::digest(&start).iter().map(|byte| format!("{byte:02x}")).collect();
        let size = start.len() as u64;
        self.files.insert(path.to_owned(), Stored { start, size, sha256, git: None });
        self
    }

    /// A file of a repository whose git uses sha256, in git itself.
    pub(crate) fn in_git(self, path: &str, content: impl Into<Bytes>) -> Self {
        let mut hub = self.file(path, content);
        let file = hub.files.get_mut(path).unwrap();
        let blob = sha2::Sha256::new_with_prefix(format!("blob {}\0", file.size)).chain_update(&file.start);
        file.git = Some(blob.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        hub
    }

    /// A file that goes on with zeros.
    pub(crate) fn sparse(mut self, path: &str, start: impl Into<Bytes>, size: u64) -> Self {
        let (start, sha256) = (start.into(), "5".repeat(64));
        self.files.insert(path.to_owned(), Stored { start, size, sha256, git: None });
        self
    }

    pub(crate) fn heads(mut self, heads: Value) -> Self {
        self.heads = Some(heads);
        self
    }

    pub(crate) fn without_ranges(mut self) -> Self {
        self.without_ranges = true;
        self
    }

    pub(crate) fn transport(&self) -> Transport {
        let hub = self.clone();
        let service = service_fn(move |request: Request<Body>| {
            let response = hub.respond(&request);
            async move { Ok::<_, BoxError>(response) }
        });
        Transport::builder("https://hub.test").inner_service(service).build().unwrap()
    }

    /// What was asked for since the last time: `GET a.txt 0-9`.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    /// Bytes of files that were sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    fn respond(&self, request: &Request<Body>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let text = request.headers().get("range").map(|value| value.to_str().unwrap().to_owned());
        let said = text.as_deref().unwrap_or_default().trim_start_matches("bytes=");
        let name =
            path.rsplit_once("/resolve/").and_then(|(_, rest)| rest.split_once('/')).map(|(_, name)| name);
        let line = format!("{} {} {said}", request.method(), name.unwrap_or(&path));
        self.log.lock().unwrap().push(line.trim_end().to_owned());
        if path.contains("/revision/") {
            return Response::new(json!({ "sha": COMMIT }).to_string().into());
        }
        if path.contains("/paths-info/") || path.contains("/tree/") {
            let entries: Vec<_> = self.files.iter().map(|(path, file)| entry(path, file)).collect();
            return Response::new(serde_json::to_vec(&entries).unwrap().into());
        }
        if path.contains("/safetensors-metadata/") {
            return match &self.heads {
                Some(heads) => Response::new(serde_json::to_vec(heads).unwrap().into()),
                None => status(404).body(Body::empty()).unwrap(),
            };
        }
        let Some(file) = name.and_then(|name| self.files.get(name)) else {
            return status(404).header("x-error-code", "EntryNotFound").body(Body::empty()).unwrap();
        };
        let response = |status_code| {
            status(status_code)
                .header("etag", format!("\"{}\"", file.sha256))
                .header("x-linked-size", file.size.to_string())
        };
        if request.method() == "HEAD" {
            return response(200).body(Body::empty()).unwrap();
        }
        let part = range::parse(text.as_deref().filter(|_| !self.without_ranges), file.size);
        let Some(bytes) = part.bytes(file.size) else { return response(416).body(Body::empty()).unwrap() };
        let answer = match part {
            Part::Some(..) => response(206).header("content-range", part.content_range(file.size).unwrap()),
            _ => response(200),
        };
        answer.body(self.body(file.clone(), bytes)).unwrap()
    }

    /// Bytes of a file, made when they are read.
    fn body(&self, file: Stored, bytes: Range<u64>) -> Body {
        let sent = Arc::clone(&self.sent);
        let pieces = stream::unfold(bytes, move |left| {
            let (file, sent) = (file.clone(), Arc::clone(&sent));
            async move {
                let end = (left.start + PIECE).min(left.end);
                if left.start >= end {
                    return None;
                }
                let mut piece = vec![0; (end - left.start) as usize];
                let known = file.start.len() as u64;
                if left.start < known {
                    let here = &file.start[left.start as usize..end.min(known) as usize];
                    piece[..here.len()].copy_from_slice(here);
                }
                sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
                Some((Ok::<_, BoxError>(Frame::data(Bytes::from(piece))), end..left.end))
            }
        });
        Body::once(StreamBody::new(Box::pin(pieces)))
    }
}

fn status(code: u16) -> http::response::Builder {
    Response::builder().status(StatusCode::from_u16(code).unwrap()).header("x-repo-commit", COMMIT)
}

fn entry(path: &str, file: &Stored) -> Value {
    if let Some(git) = &file.git {
        return json!({ "type": "file", "oid": git, "size": file.size, "path": path });
    }
    let lfs = json!({ "oid": file.sha256, "size": file.size, "pointerSize": 130 });
    json!({ "type": "file", "oid": "7".repeat(40), "size": file.size, "path": path, "lfs": lfs })
}
