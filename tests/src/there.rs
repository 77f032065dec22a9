//! What a Hub has, whichever kind it is of.

use std::collections::BTreeMap;
use std::fmt;

use http::Method;
use serde_json::Value;

use crate::embedded::Embedded;
use crate::model::State;

/// What a Hub has.
#[derive(Debug, Default)]
pub struct There {
    /// Repositories, as `models/ada/demo`.
    pub repos: BTreeMap<String, Repo>,
}

/// A repository.
#[derive(Debug, Default)]
pub struct Repo {
    /// Whether only its owner sees it.
    pub private: bool,
    /// Histories, oldest first, by ref: `refs/heads/main`, `refs/tags/v1`, `refs/pr/1`.
    pub refs: BTreeMap<String, Vec<Commit>>,
    /// Discussions and pull requests, from number 1.
    pub discussions: Vec<Discussion>,
}

/// A commit.
#[derive(Debug)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// First line of the message.
    pub title: String,
    /// The rest.
    pub message: String,
    /// Who made it.
    pub author: String,
    /// What each path holds: the sha256 of an LFS file, the id of the blob of another one.
    pub files: BTreeMap<String, String>,
}

/// A discussion or a pull request.
#[derive(Debug)]
pub struct Discussion {
    /// Number, title and status, and whether it is a pull request and is merged.
    pub about: String,
    /// What happened, in order.
    pub events: Vec<Value>,
}

impl Repo {
    /// The history of a branch, oldest first.
    pub fn branch(&self, name: &str) -> &[Commit] {
        self.refs.get(&format!("refs/heads/{name}")).map_or(&[], Vec::as_slice)
    }
}

impl Discussion {
    /// The texts of its comments, the description first.
    pub fn comments(&self) -> Vec<&str> {
        let comments = self.events.iter().filter(|event| event["type"] == "comment");
        comments.filter_map(|event| event["data"]["latest"]["raw"].as_str()).collect()
    }
}

impl There {
    /// The model `ada/demo`.
    ///
    /// # Panics
    /// When it is not there.
    pub fn demo(&self) -> &Repo {
        &self.repos["models/ada/demo"]
    }

    /// What the model of a Hub has.
    pub(crate) fn in_model(state: &State) -> Self {
        let repos = state.repos.iter().map(|(key, repo)| {
            let refs = repo.refs.iter().map(|(name, history)| {
                let history = history.iter().map(|commit| Commit {
                    id: commit.id.clone(),
                    title: commit.title.clone(),
                    message: commit.message.clone(),
                    author: commit.author.clone(),
                    files: commit
                        .tree
                        .iter()
                        .map(|(path, file)| (path.clone(), file.lfs.as_ref().unwrap_or(&file.blob).clone()))
                        .collect(),
                });
                (name.clone(), history.collect())
            });
            let discussions = repo.discussions.iter().map(|one| Discussion {
                about: about(one.num, &one.title, &one.status, one.pull_request, one.merged.is_some()),
                events: one.events.clone(),
            });
            let found =
                Repo { private: repo.private, refs: refs.collect(), discussions: discussions.collect() };
            (key.clone(), found)
        });
        Self { repos: repos.collect() }
    }

    /// What the embedded Hub has, as its responses say.
    pub(crate) async fn in_embedded(hub: &Embedded) -> Self {
        let get = async |path: String| hub.ask(Method::GET, &path, &[]).await;
        let mut repos = BTreeMap::new();
        for listed in items(&get("/api/models?author=ada".to_owned()).await) {
            let key = format!("models/{}", text(&listed["id"]));
            let mut repo = Repo { private: listed["private"] == true, ..Repo::default() };
            let refs = get(format!("/api/{key}/refs?include_prs=1")).await;
            for named in ["branches", "tags", "pullRequests"].iter().flat_map(|kind| items(&refs[kind])) {
                let mut history = Vec::new();
                let target = text(&named["targetCommit"]);
                for commit in items(&get(format!("/api/{key}/commits/{target}?limit=1000")).await) {
                    let id = text(&commit["id"]);
                    let tree = get(format!("/api/{key}/tree/{id}?recursive=true")).await;
                    let files = items(&tree).into_iter().filter(|entry| entry["type"] == "file");
                    let files = files.map(|entry| {
                        let content =
                            if entry["lfs"].is_null() { &entry["oid"] } else { &entry["lfs"]["oid"] };
                        (text(&entry["path"]), text(content))
                    });
                    history.push(Commit {
                        title: text(&commit["title"]),
                        message: text(&commit["message"]),
                        author: text(&commit["authors"][0]["user"]),
                        files: files.collect(),
                        id,
                    });
                }
                history.reverse();
                repo.refs.insert(text(&named["ref"]), history);
            }
            let discussions = get(format!("/api/{key}/discussions?status=all")).await;
            for number in 1..=discussions["count"].as_u64().unwrap() {
                let one = get(format!("/api/{key}/discussions/{number}")).await;
                let (title, status) = (text(&one["title"]), text(&one["status"]));
                let merged = !one["changes"]["mergeCommitId"].is_null();
                repo.discussions.push(Discussion {
                    about: about(number, &title, &status, one["isPullRequest"] == true, merged),
                    events: items(&one["events"]),
                });
            }
            repos.insert(key, repo);
        }
        Self { repos }
    }
}

fn about(num: u64, title: &str, status: &str, pull_request: bool, merged: bool) -> String {
    format!("#{num} {title} {status} pr={pull_request} merged={merged}")
}

fn items(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// All of it without ids and times.
impl fmt::Display for There {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, repo) in &self.repos {
            writeln!(f, "{key} private={}", repo.private)?;
            for (name, history) in &repo.refs {
                write!(f, "  {name}:")?;
                for commit in history {
                    write!(f, " [{}|{}", commit.title, commit.message)?;
                    for (path, content) in &commit.files {
                        write!(f, " {path}={content:.7}")?;
                    }
                    write!(f, "]")?;
                }
                writeln!(f)?;
            }
            for one in &repo.discussions {
                // A title that is set once more is the same title.
                let events = one.events.iter().filter(|event| {
                    event["data"]["from"].is_null() || event["data"]["from"] != event["data"]["to"]
                });
                let events: Vec<&str> = events.filter_map(|event| event["type"].as_str()).collect();
                writeln!(f, "  {} {:?} {events:?}", one.about, one.comments())?;
            }
        }
        Ok(())
    }
}
