//! What the Hub knows: all of it survives a crash, but for the uploads that are going on.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hub_types::route::{RepoRoute, Route, parse};
use hub_types::{RepoRef, RepoType};
use serde_json::{Value, json};
use sha1::Digest;
use tokio::time::Instant;

use super::{Asked, Refusal, Reply, START, time};

/// How this Hub behaves where the protocol leaves a choice.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Whether a commit whose `parentCommit` is not the head is refused. Default true.
    pub swap: bool,
    /// Files of this many bytes go to LFS. Default 100.
    pub lfs_from: u64,
    /// Uploads of more than this many bytes go in parts of this many. Default: none do.
    pub part_size: Option<u64>,
    /// Whether the client is asked to have its uploads verified. Default true.
    pub verify: bool,
    /// Entries of a listing in one response. Default 1000.
    pub page: usize,
    /// Whether responses say when they were made. Default true.
    pub date: bool,
    /// Whether uploads that are not there yet are refused in commits. Default true.
    pub objects: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            swap: true,
            lfs_from: 100,
            part_size: None,
            verify: true,
            page: 1000,
            date: true,
            objects: true,
        }
    }
}

/// A file in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Git's id of the blob; of an LFS file that of its pointer.
    pub blob: String,
    /// Size in bytes.
    pub size: u64,
    /// sha256 of the content of an LFS file.
    pub lfs: Option<String>,
    /// The content of a regular file.
    pub content: Bytes,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// First line of the message.
    pub title: String,
    /// The rest.
    pub message: String,
    /// Who made it.
    pub author: String,
    /// When, in milliseconds from 1970.
    pub at: u64,
    /// All files by path.
    pub tree: BTreeMap<String, File>,
}

/// Something that happened in a discussion: its JSON.
pub type Event = Value;

/// A discussion or a pull request.
#[derive(Debug, Clone)]
pub struct Discussion {
    /// From 1.
    pub num: u64,
    /// The title.
    pub title: String,
    /// `draft`, `open`, `closed` or `merged`.
    pub status: String,
    /// Whether it is a pull request.
    pub pull_request: bool,
    /// Who opened it.
    pub author: String,
    /// When, in milliseconds from 1970.
    pub at: u64,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The commit that merged it.
    pub merged: Option<String>,
}

impl Discussion {
    /// The texts of its comments, the description first.
    pub fn comments(&self) -> Vec<&str> {
        let comments = self.events.iter().filter(|event| event["type"] == "comment");
        comments.filter_map(|event| event["data"]["latest"]["raw"].as_str()).collect()
    }
}

/// A repository.
#[derive(Debug, Clone, Default)]
pub struct Repo {
    /// Its id inside the Hub: another one when it is made anew.
    pub id: String,
    /// When it was made, in milliseconds from 1970.
    pub at: u64,
    /// Whether only its owner sees it.
    pub private: bool,
    /// Histories, oldest first, by ref: `refs/heads/main`, `refs/tags/v1`, `refs/pr/1`.
    pub refs: BTreeMap<String, Vec<Arc<Commit>>>,
    /// Discussions and pull requests by number, from 1.
    pub discussions: Vec<Discussion>,
    /// Contents of LFS files by their sha256.
    pub objects: BTreeMap<String, Bytes>,
}

impl Repo {
    /// The history of a branch, oldest first.
    pub fn branch(&self, name: &str) -> &[Arc<Commit>] {
        self.refs.get(&format!("refs/heads/{name}")).map_or(&[], Vec::as_slice)
    }

    /// Files of the head of `main` by path, with the id of their content.
    pub fn files(&self) -> BTreeMap<String, String> {
        let tree = self.branch("main").last().map(|head| &head.tree);
        let id = |file: &File| file.lfs.clone().unwrap_or_else(|| file.blob.clone());
        tree.into_iter().flatten().map(|(path, file)| (path.clone(), id(file))).collect()
    }

    /// The history that a revision names.
    pub(super) fn at(&self, revision: &str) -> Result<&[Arc<Commit>], Refusal> {
        let revision = if revision == "HEAD" { "main" } else { revision };
        let names = [revision.to_owned(), format!("refs/heads/{revision}"), format!("refs/tags/{revision}")];
        if let Some(history) = names.iter().find_map(|name| self.refs.get(name)) {
            return Ok(history);
        }
        let short = revision.len() >= 5;
        for history in self.refs.values().filter(|_| short) {
            if let Some(at) = history.iter().position(|commit| commit.id.starts_with(revision)) {
                return history.get(..=at).ok_or_else(|| Refusal::no_revision(revision));
            }
        }
        Err(Refusal::no_revision(revision))
    }

    pub(super) fn commit(&self, revision: &str) -> Result<Arc<Commit>, Refusal> {
        self.at(revision)?.last().cloned().ok_or_else(|| Refusal::no_revision(revision))
    }
}

/// All of it.
#[derive(Debug, Clone)]
pub struct State {
    /// How it behaves.
    pub rules: Rules,
    /// Repositories, as `models/ada/demo`.
    pub repos: BTreeMap<String, Repo>,
    /// New names of repositories by their old ones.
    pub moved: BTreeMap<String, String>,
    /// Milliseconds that its clock is ahead of the runtime's.
    pub skew: i64,
    /// Parts of uploads by object and number.
    pub(super) parts: BTreeMap<(String, u32), Bytes>,
    begun: Option<Instant>,
    made: u64,
}

impl State {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            repos: BTreeMap::new(),
            moved: BTreeMap::new(),
            skew: 0,
            parts: BTreeMap::new(),
            begun: None,
            made: 0,
        }
    }

    /// The repository that is there.
    ///
    /// # Panics
    /// When it is not.
    pub fn repo(&self, key: &str) -> &Repo {
        &self.repos[key]
    }

    /// The model `ada/demo`, as [`Model::with_demo`](super::Model::with_demo) makes it.
    pub fn demo(&self) -> &Repo {
        self.repo("models/ada/demo")
    }

    /// Milliseconds from 1970.
    pub fn now(&mut self) -> u64 {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let since = u64::try_from(begun.elapsed().as_millis()).unwrap_or_default();
        (START * 1000).saturating_add(since).saturating_add_signed(self.skew)
    }

    /// The header `Date`, if this Hub has one.
    pub(super) fn date(&mut self) -> Option<String> {
        self.rules.date.then(|| time::in_header(self.now()))
    }

    /// A new id of 24 digits.
    pub(super) fn new_id(&mut self) -> String {
        self.made += 1;
        format!("{:024x}", self.made)
    }

    pub(super) fn forget_sessions(&mut self) {
        self.parts.clear();
    }

    /// Makes a repository with its first commit; what was there is gone.
    pub fn make_repo(&mut self, key: &str, private: bool) {
        let (id, at) = (self.new_id(), self.now());
        let repo = Repo { id, at, private, ..Repo::default() };
        self.moved.remove(key);
        self.repos.insert(key.to_owned(), repo);
        let attributes = b"*.bin filter=lfs diff=lfs merge=lfs -text\n".as_slice();
        let tree = [(".gitattributes".to_owned(), regular(Bytes::from_static(attributes)))].into();
        let owner = key.split('/').nth(1).unwrap_or_default().to_owned();
        self.push(key, "refs/heads/main", &owner, "initial commit", "", tree);
    }

    /// Makes a commit of these files at the end of a ref, and gives its id.
    pub fn push(
        &mut self,
        key: &str,
        reference: &str,
        author: &str,
        title: &str,
        message: &str,
        tree: BTreeMap<String, File>,
    ) -> String {
        self.made += 1;
        let (made, at) = (self.made, self.now());
        let Some(repo) = self.repos.get_mut(key) else { return String::new() };
        let history = repo.refs.entry(reference.to_owned()).or_default();
        let parent = history.last().map_or("", |parent| parent.id.as_str());
        let id = hex(&sha1::Sha1::digest(format!("{key} {parent} {made} {title}")));
        let (title, message, author) = (title.to_owned(), message.to_owned(), author.to_owned());
        history.push(Arc::new(Commit { id: id.clone(), title, message, author, at, tree }));
        id
    }

    /// A file that is kept in the commit.
    pub fn file(&self, content: impl Into<Bytes>) -> File {
        regular(content.into())
    }

    /// Another user's commit to `main` of a repository.
    pub fn other_commit(&mut self, key: &str) {
        let Some(head) = self.repos.get(key).and_then(|repo| repo.branch("main").last().cloned()) else {
            return;
        };
        let mut tree = head.tree.clone();
        let name = format!("other-{}.txt", self.made);
        tree.insert(name.clone(), regular(name.into()));
        self.push(key, "refs/heads/main", "bob", "Other", "", tree);
    }

    /// Who asks; by their token.
    pub(super) fn caller(asked: &Asked) -> Result<&'static str, Refusal> {
        let token = asked.headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match token {
            Some("Bearer hf_ada") => Ok("ada"),
            Some("Bearer hf_bob") => Ok("bob"),
            _ => Err(Refusal::new(401, "Invalid credentials in Authorization header")),
        }
    }

    /// Carries out a request.
    pub(super) fn handle(&mut self, asked: &Asked) -> Reply {
        self.response(asked).unwrap_or_else(Reply::from).for_method(&asked.method)
    }

    fn response(&mut self, asked: &Asked) -> Result<Reply, Refusal> {
        if let Some(rest) = asked.path.strip_prefix("/store/") {
            return self.store(asked, rest);
        }
        let route = parse(&asked.path).map_err(|error| Refusal::new(404, &error.to_string()))?;
        let (repo, action) = match route {
            Route::WhoAmI => {
                let name = Self::caller(asked)?;
                let auth =
                    json!({"type": "access_token", "accessToken": {"displayName": "t", "role": "write"}});
                return Ok(Reply::json(
                    &json!({"type": "user", "id": name, "name": name, "fullname": name, "orgs": [], "auth": auth}),
                ));
            }
            Route::CreateRepo => return self.create_repo(asked),
            Route::DeleteRepo => return self.delete_repo(asked),
            Route::MoveRepo => return self.move_repo(asked),
            Route::ValidateYaml => return Ok(Reply::json(&json!({"errors": [], "warnings": []}))),
            Route::ListRepos(kind) => return self.list_repos(asked, kind),
            Route::Repo { repo, action } => (repo, action),
            _ => return Err(Refusal::new(404, "this Hub has no such URL")),
        };
        let key = self.key(&repo)?;
        match action {
            RepoRoute::Info(revision) => {
                self.info(asked, &key, revision.as_ref().map_or("main", |r| r.as_str()))
            }
            RepoRoute::Refs => self.refs(asked, &key),
            RepoRoute::Branch(name) => self.branch(asked, &key, name.as_str()),
            RepoRoute::Tag(name) => self.tag(asked, &key, name.as_str()),
            RepoRoute::Settings => self.settings(asked, &key),
            RepoRoute::Tree(revision, path) => self.tree(asked, &key, revision.as_str(), &path),
            RepoRoute::PathsInfo(revision) => self.paths_info(asked, &key, revision.as_str()),
            RepoRoute::Commits(revision) => self.commits(asked, &key, revision.as_str()),
            RepoRoute::Preupload(revision) => self.preupload(asked, &key, revision.as_str()),
            RepoRoute::Commit(revision) => self.commit(asked, &key, revision.as_str()),
            RepoRoute::LfsBatch => self.lfs_batch(asked, &key),
            RepoRoute::Resolve(revision, path) => self.resolve(&key, revision.as_str(), &path, asked),
            RepoRoute::Discussions => self.discussions(asked, &key),
            RepoRoute::Discussion(num) => self.discussion(asked, &key, num),
            RepoRoute::DiscussionAction(num, action) => self.change_discussion(asked, &key, num, &action),
            _ => Err(Refusal::new(404, "this Hub has no such URL")),
        }
    }

    /// The name that a repository is kept under.
    fn key(&self, repo: &RepoRef) -> Result<String, Refusal> {
        let key = format!("{}/{}", repo.repo_type.plural(), repo.id);
        let key = self.moved.get(&key).cloned().unwrap_or(key);
        if self.repos.contains_key(&key) { Ok(key) } else { Err(Refusal::no_repo()) }
    }

    pub(super) fn found(&self, key: &str) -> Result<&Repo, Refusal> {
        self.repos.get(key).ok_or_else(Refusal::no_repo)
    }

    pub(super) fn found_mut(&mut self, key: &str) -> Result<&mut Repo, Refusal> {
        self.repos.get_mut(key).ok_or_else(Refusal::no_repo)
    }
}

/// The URL of a repository's page: `/ada/demo`, `/datasets/ada/nums`.
pub(super) fn page_of(key: &str) -> String {
    let path =
        key.strip_prefix(RepoType::Model.plural()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(key);
    format!("/{path}")
}

/// A file that is kept in the commit.
pub(super) fn regular(content: Bytes) -> File {
    File { blob: blob_id(&content), size: content.len() as u64, lfs: None, content }
}

pub(super) fn blob_id(content: &[u8]) -> String {
    let hash = sha1::Sha1::new_with_prefix(format!("blob {}\0", content.len())).chain_update(content);
    hex(&hash.finalize())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
