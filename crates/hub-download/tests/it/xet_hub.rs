//! A Hub with a CAS, which does to each request what a test says.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::stream;
use http::{Method, Request, Response, StatusCode};
use http_body_util::StreamBody;
use hub_download::{DownloadError, FileRequest, Parts, XetPolicy, hf_hub_download};
use hub_transport::{Body, BoxError, Clock, Transport, testing::TestToken};
use hub_types::{RepoRef, RepoType};
use hub_xet::{
    MerkleHash,
    chunker::chunks,
    codec::Encoder,
    hash::chunk_hash,
    recipe::{RecipeBuilder, Reconstruction, Term},
    wire::{CasRoute, ReconstructionV1, ReconstructionV2},
    xorb::{XorbBuilder, XorbIndex},
};
use serde_json::Value;
use tokio::time::Instant;
use tower::service_fn;

use crate::server::{COMMIT, Content, Place};

/// A request, as tests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Token,
    /// With the version of the route.
    Reconstruction(u8, Range<u64>),
    /// Bytes of a xorb.
    Xorb(MerkleHash, Range<u64>),
    /// The file by plain `GET`.
    Get(Range<u64>),
}

/// What a request gets.
pub(crate) enum Served {
    Honest,
    Status(u16),
    /// The connection ends after so many bytes.
    Breaks(usize),
    /// Nothing comes after so many bytes, and the connection stays.
    Stuck(usize),
    /// Another JSON.
    Json(fn(&mut Value)),
    /// Other bytes of the body.
    Bytes(fn(&mut Vec<u8>)),
    /// Another `Content-Range`.
    Range(&'static str),
    /// The whole xorb, for a range of it.
    Whole,
}

type Serve = dyn Fn(&Asked, usize) -> Served + Send + Sync;

/// The file `w.bin` in the versions that were uploaded; the last one is at `main`.
#[derive(Default)]
pub(crate) struct Files {
    content: Option<(Content, MerkleHash, String)>,
    terms: Vec<Term>,
    xorbs: BTreeMap<MerkleHash, (XorbIndex, Vec<u8>)>,
    known: HashMap<MerkleHash, (MerkleHash, u32)>,
}

impl Files {
    /// Uploads a version as a client does that knows all chunks of the one before, in xorbs of up to 512 KiB.
    pub(crate) fn upload(&mut self, commit: &str, content: &Content) {
        let (mut encoder, mut xorb) = (Encoder::default(), XorbBuilder::new().max_bytes(512 * 1024));
        let (mut recipe, mut done, mut open) = (RecipeBuilder::new(), Vec::new(), HashMap::new());
        for data in chunks(&content.bytes) {
            let hash = chunk_hash(data);
            // The name of a xorb is its hash, or its turn while it is open.
            let place = match (self.known.get(&hash), open.get(&hash)) {
                (Some((xorb, number)), _) => (Ok(*xorb), *number),
                (None, Some((turn, number))) => (Err(*turn), *number),
                (None, None) => {
                    let chunk = encoder.encode(data).unwrap();
                    let number = xorb.push(&chunk).unwrap_or_else(|_| {
                        done.extend(xorb.take());
                        xorb.push(&chunk).unwrap()
                    });
                    open.insert(hash, (done.len(), number));
                    (Err(done.len()), number)
                }
            };
            recipe.push(place.0, place.1, hash, data.len() as u32).unwrap();
        }
        done.extend(xorb.take());
        let resolve = |name: &Result<MerkleHash, usize>| Some(name.unwrap_or_else(|turn| done[turn].hash()));
        let recipe = recipe.finish().resolve(resolve).unwrap();
        for (hash, (turn, number)) in open {
            self.known.insert(hash, (done[turn].hash(), number));
        }
        for xorb in done {
            self.xorbs.insert(xorb.hash(), (xorb.index().clone(), xorb.to_vec()));
        }
        self.terms = recipe.terms;
        self.content = Some((content.clone(), recipe.hash, commit.to_owned()));
    }

    /// Bytes of all xorbs.
    pub(crate) fn stored(&self) -> u64 {
        self.xorbs.values().map(|(_, body)| body.len() as u64).sum()
    }
}

pub(crate) struct XetHub {
    files: Files,
    serve: Box<Serve>,
    asked: Mutex<Vec<Asked>>,
}

/// Pauses between two tries are over at once, and no patience ends.
#[derive(Debug)]
struct Hasty;

impl Clock for Hasty {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        match duration {
            pause if pause < Duration::from_secs(10) => Box::pin(tokio::task::yield_now()),
            _ => Box::pin(std::future::pending()),
        }
    }
}

/// Bytes that look random.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let words = std::iter::from_fn(move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Some((mixed ^ (mixed >> 31)).to_le_bytes())
    });
    words.flatten().take(len).collect()
}

impl XetHub {
    /// `serve` decides by a request and its number among those of its kind, from 0.
    pub(crate) fn new(
        files: Files,
        serve: impl Fn(&Asked, usize) -> Served + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { files, serve: Box::new(serve), asked: Mutex::default() })
    }

    /// One that has this content, and answers as it should.
    pub(crate) fn honest(content: &Content) -> Arc<Self> {
        Self::with(content, |_, _| Served::Honest)
    }

    pub(crate) fn with(
        content: &Content,
        serve: impl Fn(&Asked, usize) -> Served + Send + Sync + 'static,
    ) -> Arc<Self> {
        let mut files = Files::default();
        files.upload(COMMIT, content);
        Self::new(files, serve)
    }

    /// With the files of this one, and other faults.
    pub(crate) fn files(self: Arc<Self>) -> Files {
        Arc::into_inner(self).unwrap().files
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Bytes of xorbs that were asked for.
    pub(crate) fn fetched(&self) -> u64 {
        let len = |asked: &Asked| match asked {
            Asked::Xorb(_, bytes) => bytes.end - bytes.start,
            _ => 0,
        };
        self.asked().iter().map(len).sum()
    }

    /// What was asked for by plain `GET`.
    pub(crate) fn gets(&self) -> Vec<Range<u64>> {
        let get = |asked| if let Asked::Get(range) = asked { Some(range) } else { None };
        self.asked().into_iter().filter_map(get).collect()
    }

    pub(crate) fn transport(self: &Arc<Self>) -> Transport {
        let hub = Arc::clone(self);
        let inner = service_fn(move |request: Request<Body>| {
            let response = hub.reply(&request);
            async move {
                tokio::task::yield_now().await;
                Ok::<_, BoxError>(response)
            }
        });
        let builder = Transport::builder("https://hub.test").token_source(Arc::new(TestToken));
        builder.clock(Arc::new(Hasty)).inner_service(inner).build().unwrap()
    }

    /// Downloads `w.bin`, in pieces of 1 MiB and by Xet whatever its size, unless the place says otherwise.
    pub(crate) async fn download(self: &Arc<Self>, place: &Place) -> Result<Vec<u8>, DownloadError> {
        self.download_by(place, XetPolicy::Always).await
    }

    pub(crate) async fn download_by(
        self: &Arc<Self>,
        place: &Place,
        policy: XetPolicy,
    ) -> Result<Vec<u8>, DownloadError> {
        self.download_of("ada/demo", place, policy).await
    }

    /// Downloads `w.bin` of a repository; all have the same file.
    pub(crate) async fn download_of(
        self: &Arc<Self>,
        repo: &str,
        place: &Place,
        policy: XetPolicy,
    ) -> Result<Vec<u8>, DownloadError> {
        let repo = RepoRef::new(RepoType::Model, repo.parse().unwrap());
        let wanted = FileRequest::new(repo, "w.bin".parse().unwrap(), place.target.clone());
        let options = place.options.clone().xet(policy).parts(Parts::new().bytes(64 * 1024));
        Ok(std::fs::read(hf_hub_download(&self.transport(), wanted.options(options)).await?).unwrap())
    }

    fn reply(&self, request: &Request<Body>) -> Response<Body> {
        let (content, hash, commit) = self.files.content.as_ref().unwrap();
        let size = content.bytes.len() as u64;
        let (host, path) = (request.uri().host().unwrap(), request.uri().path());
        if request.method() == Method::HEAD {
            let head = Response::builder().header("x-repo-commit", commit).header("x-linked-size", size);
            let head =
                head.header("etag", format!("\"{}\"", content.id)).header("x-xet-hash", hash.to_string());
            return head.body(Body::empty()).unwrap();
        }
        let range = request.headers().get("range").map(|range| {
            let (first, last) = range.to_str().unwrap()["bytes=".len()..].split_once('-').unwrap();
            let end = if last.is_empty() { size } else { last.parse::<u64>().unwrap() + 1 };
            first.parse::<u64>().unwrap()..end
        });
        let token = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        let asked = match (host, path.strip_prefix("/cas").and_then(CasRoute::parse)) {
            ("hub.test", _) if path.contains("/xet-read-token/") => Asked::Token,
            ("hub.test", _) => Asked::Get(range.clone().unwrap_or(0..size)),
            ("cas.test", Some(route)) => {
                assert_eq!(token.as_deref(), Some("Bearer cas"));
                let version = if matches!(route, CasRoute::ReconstructionV1(_)) { 1 } else { 2 };
                Asked::Reconstruction(version, range.clone().unwrap())
            }
            _ => {
                assert_eq!((host, token), ("store.test", None), "{path}");
                Asked::Xorb(path.trim_start_matches('/').parse().unwrap(), range.clone().unwrap())
            }
        };
        let number = {
            let mut all = self.asked.lock().unwrap();
            all.push(asked.clone());
            let same = |other: &&Asked| std::mem::discriminant(*other) == std::mem::discriminant(&asked);
            all.iter().filter(same).count() - 1
        };
        let served = (self.serve)(&asked, number);
        match &asked {
            Asked::Token => {
                let expires = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3600;
                let json = serde_json::json!({"casUrl": "https://cas.test/cas", "accessToken": "cas", "exp": expires});
                respond(served, json.to_string().into_bytes(), None)
            }
            Asked::Reconstruction(version, range) => {
                let mut json = self.reconstruction(*version, range.clone());
                if let Served::Json(change) = served {
                    change(&mut json);
                }
                respond(served, json.to_string().into_bytes(), None)
            }
            Asked::Xorb(xorb, bytes) => {
                let (index, body) = &self.files.xorbs[xorb];
                let ends: Vec<u64> =
                    index.chunks().flat_map(|chunk| [chunk.record.start, chunk.record.end]).collect();
                let signed = ends.contains(&bytes.start) && ends.contains(&bytes.end);
                if matches!(served, Served::Whole) {
                    return respond(served, body.clone(), None);
                }
                let Some(part) = body.get(bytes.start as usize..bytes.end as usize).filter(|_| signed) else {
                    return respond(Served::Status(403), Vec::new(), None);
                };
                let said = format!("bytes {}-{}/{}", bytes.start, bytes.end - 1, body.len());
                respond(served, part.to_vec(), Some(said))
            }
            Asked::Get(range) => {
                let said = format!("bytes {}-{}/{size}", range.start, range.end - 1);
                let said = (*range != (0..size)).then_some(said);
                respond(served, content.bytes[range.start as usize..range.end as usize].to_vec(), said)
            }
        }
    }

    fn reconstruction(&self, version: u8, range: Range<u64>) -> Value {
        let index_of = |hash: &MerkleHash| self.files.xorbs.get(hash).map(|(index, _)| index);
        let found = Reconstruction::new(&self.files.terms, range, index_of).unwrap();
        let url = |xorb: &MerkleHash| format!("https://store.test/{xorb}?sig=secret").into();
        match version {
            1 => serde_json::to_value(ReconstructionV1::new(&found, |xorb, _| url(xorb))),
            _ => serde_json::to_value(ReconstructionV2::new(&found, |xorb, _| url(xorb))),
        }
        .unwrap()
    }
}

fn respond(served: Served, mut body: Vec<u8>, content_range: Option<String>) -> Response<Body> {
    let mut response = Response::builder().header("etag", "\"storage\"");
    let content_range = match &served {
        Served::Range(said) => Some((*said).to_owned()),
        _ => content_range,
    };
    if let Some(said) = content_range {
        response = response.status(StatusCode::PARTIAL_CONTENT).header("content-range", said);
    }
    let body = match served {
        Served::Status(status) => return Response::builder().status(status).body(Body::empty()).unwrap(),
        Served::Bytes(change) => {
            change(&mut body);
            Body::bytes(body)
        }
        Served::Breaks(count) | Served::Stuck(count) => {
            body.truncate(count);
            let ends = matches!(served, Served::Breaks(_));
            let after = async move {
                if !ends {
                    std::future::pending::<()>().await;
                }
                Err::<_, BoxError>("the connection ended".into())
            };
            let pieces = stream::iter([Ok(http_body::Frame::data(body.into()))]);
            Body::once(StreamBody::new(Box::pin(futures_util::StreamExt::chain(pieces, stream::once(after)))))
        }
        _ => Body::bytes(body),
    };
    response.body(body).unwrap()
}
