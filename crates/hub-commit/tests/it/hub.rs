//! The Hub of these tests: one repository, in memory, as an inner service of the transport.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use hub_commit::{CommitOperation, CommitOperationAdd, CommitOptions};
use hub_transport::{Body, Transport};
use hub_types::commit::CommitLine;
use hub_types::lfs::{BatchRequest, CompletionRequest};
use hub_types::preupload::PreuploadRequest;
use hub_types::route::{RepoRoute, Route, parse};
use hub_types::tree::PathsInfoRequest;
use hub_types::{RepoRef, RepoType};
use serde_json::{Value, json};
use sha1::Digest;

use crate::cas::{self, Cas};
use crate::faults::Fault;

pub(crate) const ENDPOINT: &str = "http://hub.test";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) oid: String,
    pub(crate) size: u64,
    pub(crate) lfs: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Commit {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) message: String,
    pub(crate) tree: BTreeMap<String, Entry>,
}

pub(crate) struct Repo {
    pub(crate) commits: Vec<Commit>,
    pub(crate) pulls: Vec<Commit>,
    pub(crate) objects: HashMap<String, Bytes>,
    /// Requests, as `PUT /path`, without those that list or read.
    pub(crate) log: Vec<String>,
    /// Bytes of commits and of content for the store.
    pub(crate) received: u64,
    /// Uploads of content that run, and the most that ever did.
    pub(crate) running: usize,
    pub(crate) most_running: usize,
    /// Objects with URLs that nothing was sent to yet, and the most there ever were.
    pub(crate) waiting: usize,
    pub(crate) most_waiting: usize,
    /// Files of this many bytes or more go to LFS.
    pub(crate) lfs_from: u64,
    /// Uploads go in parts of this many bytes.
    pub(crate) part_size: Option<u64>,
    pub(crate) ignored: Vec<String>,
    pub(crate) expires_in: Option<u64>,
    pub(crate) card_error: Option<String>,
    /// Paths of the files of the last commit, in the order of its lines.
    pub(crate) lines: Vec<String>,
    parts: HashMap<(String, u32), Bytes>,
    pub(crate) faults: Vec<(&'static str, Fault)>,
    pub(crate) late: Vec<(String, Bytes)>,
    /// Where large files go by Xet, if the Hub has it.
    pub(crate) cas: Option<Cas>,
    /// How long a xorb takes.
    pub(crate) slow: Option<Duration>,
}

impl Repo {
    pub(crate) fn head(&self) -> &Commit {
        self.commits.last().unwrap()
    }

    pub(crate) fn count(&self, kind: &str) -> usize {
        self.log.iter().filter(|line| line.contains(kind)).count()
    }

    /// Another user's commit.
    pub(crate) fn other_commit(&mut self) {
        let mut tree = self.head().tree.clone();
        tree.insert(
            format!("other{}", self.commits.len()),
            Entry { oid: "0".repeat(40), size: 1, lfs: false },
        );
        self.push("Other", "", tree);
    }

    /// A commit from elsewhere.
    pub(crate) fn land(&mut self, title: &str, tree: BTreeMap<String, Entry>) {
        self.push(title, "", tree);
    }

    fn push(&mut self, title: &str, message: &str, tree: BTreeMap<String, Entry>) -> String {
        let id = format!("{:040x}", self.commits.len() + 1000);
        self.commits.push(Commit { id: id.clone(), title: title.into(), message: message.into(), tree });
        id
    }
}

#[derive(Clone)]
pub(crate) struct Hub(Arc<Mutex<Repo>>);

impl Hub {
    pub(crate) fn new() -> Self {
        let mut repo = Repo {
            commits: Vec::new(),
            pulls: Vec::new(),
            objects: HashMap::new(),
            log: Vec::new(),
            received: 0,
            running: 0,
            most_running: 0,
            waiting: 0,
            most_waiting: 0,
            lfs_from: 100,
            part_size: None,
            ignored: Vec::new(),
            expires_in: None,
            card_error: None,
            lines: Vec::new(),
            parts: HashMap::new(),
            faults: Vec::new(),
            late: Vec::new(),
            cas: None,
            slow: None,
        };
        repo.push("initial commit", "", BTreeMap::new());
        Self(Arc::new(Mutex::new(repo)))
    }

    pub(crate) fn repo(&self) -> MutexGuard<'_, Repo> {
        self.0.lock().unwrap()
    }

    /// How many requests contain `kind`. (Takes the lock for this moment only, as its neighbours do.)
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.repo().count(kind)
    }

    pub(crate) fn commits(&self) -> usize {
        self.repo().commits.len()
    }

    pub(crate) fn pulls(&self) -> usize {
        self.repo().pulls.len()
    }

    /// The next request whose method and path contain `on` goes wrong; given several times, the next ones do.
    pub(crate) fn fault(self, on: &'static str, fault: Fault) -> Self {
        self.repo().faults.push((on, fault));
        self
    }

    pub(crate) fn with(self, edit: impl FnOnce(&mut Repo)) -> Self {
        edit(&mut self.repo());
        self
    }

    pub(crate) fn transport(&self) -> Transport {
        Transport::builder(ENDPOINT).inner_service(self.clone()).build().unwrap()
    }

    pub(crate) fn response(&self, method: &Method, path: &str, body: &Bytes, query: &str) -> Response<Body> {
        let mut repo = self.repo();
        let repo = &mut *repo;
        if path == "/api/validate-yaml" {
            return match &repo.card_error {
                Some(message) => reply(400, json!({"errors": [{"message": message}], "warnings": []})),
                None => reply(404, json!({"error": "no such URL"})),
            };
        }
        if path.contains("/xet-write-token/") {
            return cas::token(repo);
        }
        if let Some(rest) = path.strip_prefix("/_xet/") {
            return cas::respond(repo, method, rest, body);
        }
        if let Some(rest) = path.strip_prefix("/store/") {
            return store(repo, method, rest, body);
        }
        if path == "/api/whoami-v2" {
            return reply(200, json!({"name": "ada", "type": "user"}));
        }
        let Route::Repo { action, .. } = parse(path).unwrap() else { panic!("{path}") };
        match action {
            RepoRoute::Preupload(_) => preupload(repo, body),
            RepoRoute::LfsBatch => batch(repo, body),
            RepoRoute::Commit(_) => commit(repo, body, query.contains("create_pr=1")),
            RepoRoute::Info(revision) => {
                let commit = at(repo, revision.unwrap().as_str());
                reply(200, json!({"id": "ada/demo", "sha": commit.id}))
            }
            RepoRoute::Commits(_) => {
                let list: Vec<Value> = repo
                    .commits
                    .iter()
                    .rev()
                    .map(|c| {
                        json!({"id": c.id, "title": c.title, "message": c.message, "authors": [{"user": "ada"}],
                               "date": "2024-05-06T07:08:09.000Z"})
                    })
                    .collect();
                reply(200, json!(list))
            }
            RepoRoute::PathsInfo(revision) => {
                let commit = at(repo, revision.as_str());
                let request: PathsInfoRequest = serde_json::from_slice(body).unwrap();
                let entries = request.paths.iter().filter_map(|path| Some((path, commit.tree.get(path)?)));
                let entries: Vec<Value> = entries.map(|(path, entry)| listed(path, entry)).collect();
                reply(200, json!(entries))
            }
            RepoRoute::Tree(revision, _) => {
                let tree = &at(repo, revision.as_str()).tree;
                let entries: Vec<Value> = tree.iter().map(|(path, entry)| listed(path, entry)).collect();
                reply(200, json!(entries))
            }
            RepoRoute::Discussions => {
                let list: Vec<Value> = repo
                    .pulls
                    .iter()
                    .enumerate()
                    .map(|(i, c)| {
                        json!({"num": i + 1, "title": c.title, "isPullRequest": true, "status": "open",
                               "createdAt": "2024-05-06T07:08:09.000Z", "author": {"name": "ada"}})
                    })
                    .collect();
                let list = if query.contains("p=0") { list } else { Vec::new() };
                reply(200, json!({"discussions": list, "count": 1, "start": 0}))
            }
            other => panic!("{other:?}"),
        }
    }
}

/// An entry as listings show it.
fn listed(path: &str, entry: &Entry) -> Value {
    let mut value = json!({"type": "file", "path": path, "oid": entry.oid, "size": entry.size});
    if entry.lfs {
        value["lfs"] = json!({"oid": entry.oid, "size": entry.size});
        value["oid"] = json!("1".repeat(40));
    }
    value
}

fn at<'r>(repo: &'r Repo, revision: &str) -> &'r Commit {
    if let Some(number) = revision.strip_prefix("refs/pr/") {
        return &repo.pulls[number.parse::<usize>().unwrap() - 1];
    }
    let all = || repo.commits.iter().chain(&repo.pulls);
    all().find(|commit| commit.id == revision).unwrap_or(repo.head())
}

pub(crate) fn reply(status: u16, value: Value) -> Response<Body> {
    let body = Body::bytes(value.to_string());
    Response::builder().status(status).header("content-type", "application/json").body(body).unwrap()
}

fn preupload(repo: &Repo, body: &Bytes) -> Response<Body> {
    let request: PreuploadRequest = serde_json::from_slice(body).unwrap();
    let files: Vec<Value> = request
        .files
        .iter()
        .map(|file| {
            let mode = if file.size >= repo.lfs_from { "lfs" } else { "regular" };
            let ignored = repo.ignored.contains(&file.path);
            let mut value = json!({"path": file.path, "uploadMode": mode, "shouldIgnore": ignored});
            if let Some(entry) = repo.head().tree.get(&file.path) {
                value["oid"] = json!(entry.oid);
            }
            value
        })
        .collect();
    reply(200, json!({"commitOid": repo.head().id, "files": files}))
}

fn batch(repo: &mut Repo, body: &Bytes) -> Response<Body> {
    let request: BatchRequest = serde_json::from_slice(body).unwrap();
    assert!(request.objects.len() <= 256);
    let objects: Vec<Value> = request
        .objects
        .iter()
        .map(|object| {
            let (oid, size) = (&object.oid, object.size);
            if repo.objects.contains_key(oid) {
                return json!({"oid": oid, "size": size});
            }
            repo.waiting += 1;
            let upload = match repo.part_size {
                None => json!({"href": format!("{ENDPOINT}/store/{oid}"), "header": {"X-Store": "1"}}),
                Some(part) => {
                    let mut header = serde_json::Map::new();
                    header.insert("chunk_size".into(), json!(part.to_string()));
                    for number in 1..=size.div_ceil(part) {
                        let href = format!("{ENDPOINT}/store/{oid}/{number}");
                        header.insert(format!("{number:05}"), json!(href));
                    }
                    json!({"href": format!("{ENDPOINT}/store/{oid}/complete"), "header": header})
                }
            };
            let mut upload = upload;
            if let Some(seconds) = repo.expires_in {
                upload["expires_in"] = json!(seconds);
            }
            let verify = json!({"href": format!("{ENDPOINT}/store/{oid}/verify"), "header": {}});
            json!({"oid": oid, "size": size, "actions": {"upload": upload, "verify": verify}})
        })
        .collect();
    repo.most_waiting = repo.most_waiting.max(repo.waiting);
    reply(
        200,
        json!({"transfer": if repo.part_size.is_some() { "multipart" } else { "basic" }, "objects": objects}),
    )
}

fn store(repo: &mut Repo, method: &Method, rest: &str, body: &Bytes) -> Response<Body> {
    let done = || Response::builder().header("etag", "\"e\"").body(Body::empty()).unwrap();
    let (oid, step) = rest.split_once('/').unwrap_or((rest, ""));
    let content = match (method, step) {
        (&Method::PUT, "") => {
            repo.waiting = repo.waiting.saturating_sub(1);
            body.clone()
        }
        (&Method::PUT, number) => {
            repo.parts.insert((oid.to_owned(), number.parse().unwrap()), body.clone());
            let etag = format!("\"e{number}\"");
            return Response::builder().header("etag", etag).body(Body::empty()).unwrap();
        }
        (_, "verify") => {
            let known = repo.objects.contains_key(oid);
            return reply(if known { 200 } else { 404 }, json!({}));
        }
        _ => {
            let request: CompletionRequest = serde_json::from_slice(body).unwrap();
            let mut content = Vec::new();
            for (part, number) in request.parts.iter().zip(1..) {
                assert_eq!((part.part_number, part.etag.clone()), (number, format!("\"e{number}\"")));
                content.extend_from_slice(&repo.parts[&(oid.to_owned(), number)]);
            }
            content.into()
        }
    };
    assert_eq!(hex(&sha2::Sha256::digest(&content)), oid, "the content is not what its name says");
    repo.objects.insert(oid.to_owned(), content);
    done()
}

fn commit(repo: &mut Repo, body: &Bytes, create_pr: bool) -> Response<Body> {
    let lines: Vec<CommitLine> =
        std::str::from_utf8(body).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let CommitLine::Header(header) = &lines[0] else { panic!("no header") };
    if header.parent_commit.as_ref().is_some_and(|parent| !parent.matches(&repo.head().id)) {
        return reply(412, json!({"error": "A commit has happened since. Please refresh and try again."}));
    }
    let mut tree = repo.head().tree.clone();
    repo.lines.clear();
    for line in &lines[1..] {
        match line {
            CommitLine::File(file) => {
                repo.lines.push(file.path.clone());
                let content = hub_types::base64::decode(&file.content).unwrap();
                tree.insert(file.path.clone(), regular(&content));
            }
            CommitLine::LfsFile(file) => {
                assert!(
                    repo.objects.contains_key(&file.oid),
                    "LFS pointer pointed to a file that does not exist"
                );
                let size = file.size.unwrap();
                repo.lines.push(file.path.clone());
                tree.insert(file.path.clone(), Entry { oid: file.oid.clone(), size, lfs: true });
            }
            CommitLine::DeletedFolder(path) => {
                tree.retain(|other, _| !other.starts_with(&format!("{}/", path.path)));
            }
            CommitLine::DeletedFile(path) | CommitLine::DeletedEntry(path) => {
                tree.remove(&path.path);
            }
            CommitLine::Header(_) => panic!("two headers"),
        }
    }
    let mut value = json!({"success": true});
    let id = if create_pr {
        let id = format!("{:040x}", repo.pulls.len() + 5000);
        let (title, message) = (header.summary.clone(), header.description.clone());
        repo.pulls.push(Commit { id: id.clone(), title, message, tree });
        value["pullRequestUrl"] = json!(format!("{ENDPOINT}/ada/demo/discussions/{}", repo.pulls.len()));
        id
    } else {
        repo.push(&header.summary, &header.description, tree)
    };
    value["commitOid"] = json!(id);
    value["commitUrl"] = json!(format!("{ENDPOINT}/ada/demo/commit/{id}"));
    reply(200, value)
}

/// The entry of a file inside the commit.
pub(crate) fn regular(content: &[u8]) -> Entry {
    let hash = sha1::Sha1::new_with_prefix(format!("blob {}\0", content.len())).chain_update(content);
    Entry { oid: hex(&hash.finalize()), size: content.len() as u64, lfs: false }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn options() -> CommitOptions {
    CommitOptions::new(RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap()), "Add files")
}

pub(crate) fn add(path: &str, content: impl Into<Vec<u8>>) -> CommitOperation {
    CommitOperationAdd::new(path, content.into()).unwrap().into()
}

/// Content that is different at every place.
pub(crate) fn content(size: usize) -> Vec<u8> {
    (0..size as u64).map(|i| (i.wrapping_mul(0x9e37_79b9) >> 7) as u8).collect()
}
