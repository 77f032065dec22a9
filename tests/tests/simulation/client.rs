//! What a client does, and what it was told about it.

use hub_api::commit::CommitError;
use hub_api::{CommitOperation, CommitOperationAdd, Error, HfApi};
use hub_tests::model::State;
use hub_tests::model_client::Seeded;
use hub_tests::noise;

/// What a client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is done: with this id, where it has one.
    Done(String),
    /// It is not done.
    Failed(String),
    /// Nobody knows.
    Unknown,
    /// Something that is no response.
    Nonsense(String),
}

/// What it wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A commit with this title that leaves this content at this path.
    Commit { title: String, path: String, content: Vec<u8> },
    /// A comment with this text in discussion 1.
    Comment(String),
    /// A branch at the head of `main`.
    Branch(String),
    /// The content of a path, which it was given.
    Read { path: String, content: Option<Vec<u8>> },
}

/// One job.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) client: u64,
    pub(crate) wanted: Wanted,
    pub(crate) told: Told,
}

fn told<T>(result: Result<T, Error>, id: impl FnOnce(T) -> String) -> Told {
    match result {
        Ok(value) => Told::Done(id(value)),
        Err(Error::Commit(CommitError::CommitOutcomeUnknown(_))) => Told::Unknown,
        Err(error) if error.transport().is_some_and(hub_api::transport::Error::maybe_processed) => {
            Told::Unknown
        }
        Err(error) if error.kind() == Some(hub_api::ErrorKind::Other) => Told::Nonsense(format!("{error:?}")),
        Err(error) => Told::Failed(error.to_string()),
    }
}

async fn read(api: &HfApi, path: &str) -> (Option<Vec<u8>>, Told) {
    let folder = tempfile::tempdir().unwrap();
    let result = api.hf_hub_download("ada/demo", path).local_dir(folder.path()).await;
    let content = result.as_ref().ok().map(|file| std::fs::read(file).unwrap());
    (content, told(result, |_| String::new()))
}

async fn commit(api: &HfApi, title: String, path: String, content: Vec<u8>) -> (Wanted, Told) {
    let add = CommitOperationAdd::new(path.as_str(), content.clone()).unwrap();
    let operations: Vec<CommitOperation> = vec![add.into()];
    let result = api.create_commit("ada/demo", operations, title.as_str()).await;
    (Wanted::Commit { title, path, content }, told(result, |info| info.oid))
}

/// One commit, when all is well again.
pub(crate) async fn finish(api: HfApi, client: u64) -> Act {
    let (title, path) = (format!("last {client}"), "shared.txt".to_owned());
    let (wanted, told) = commit(&api, title, path, noise(client, 30)).await;
    Act { client, wanted, told }
}

/// Does `count` jobs in turn.
pub(crate) async fn work(api: HfApi, client: u64, seed: u64, count: u64) -> Vec<Act> {
    let random = Seeded::new(seed);
    let mut acts = Vec::new();
    for number in 0..count {
        let (wanted, told) = match random.below(10) {
            0 => {
                let text = format!("comment {client}.{number}");
                let result = api.comment_discussion("ada/demo", 1, text.as_str()).await;
                (Wanted::Comment(text), told(result, |comment| comment.id))
            }
            1 => {
                let name = format!("branch-{client}.{number}");
                let result = api.create_branch("ada/demo", name.as_str()).await;
                (Wanted::Branch(name), told(result, |()| String::new()))
            }
            2 => {
                let (content, told) = read(&api, "shared.txt").await;
                (Wanted::Read { path: "shared.txt".to_owned(), content }, told)
            }
            kind => {
                let content = noise(seed ^ number, if kind < 5 { 150 } else { 20 });
                let path = if kind % 2 == 0 { "shared.txt".to_owned() } else { format!("{client}.{number}") };
                commit(&api, format!("commit {client}.{number}"), path, content).await
            }
        };
        acts.push(Act { client, wanted, told });
    }
    acts
}

/// The bytes of a file of a commit.
pub(crate) fn content(state: &State, file: &hub_tests::model::File) -> Option<Vec<u8>> {
    match &file.lfs {
        None => Some(file.content.to_vec()),
        Some(oid) => state.demo().objects.get(oid).map(|content| content.to_vec()),
    }
}
