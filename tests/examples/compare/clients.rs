//! The two clients.

use std::process::Stdio;
use std::time::Duration;

use hub_api::commit::CommitError;
use hub_api::transport::RetryConfig;
use hub_api::{CommitOperation, CommitOperationAdd, Error, HfApi};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// What a call said.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Said {
    Done,
    /// An error that does not say that it may be done.
    Failed,
    Unknown,
}

/// One call of this client. Waits between attempts are short, as they are in the other client.
pub(crate) async fn ours(url: &str, job: &str) -> Said {
    let waits = Duration::from_millis(1);
    let retry = RetryConfig::new().first_wait(waits).longest_wait(waits);
    let api = HfApi::builder().endpoint(url).token("hf_ada").retry(retry).build().unwrap();
    match call(&api, job).await {
        Ok(()) => Said::Done,
        Err(Error::Commit(CommitError::CommitOutcomeUnknown(_))) => Said::Unknown,
        Err(error) if error.transport().is_some_and(hub_api::transport::Error::maybe_processed) => {
            Said::Unknown
        }
        Err(_) => Said::Failed,
    }
}

async fn call(api: &HfApi, job: &str) -> Result<(), Error> {
    match job {
        "commit" | "pull request with a commit" => {
            let add: CommitOperation = CommitOperationAdd::new("a.txt", b"once".as_slice()).unwrap().into();
            let call = api.create_commit("ada/demo", vec![add], "Add a");
            drop(call.create_pr(job != "commit").await?);
        }
        "repository" => drop(api.create_repo("ada/new").await?),
        "branch" => api.create_branch("ada/demo", "feature").await?,
        "tag" => api.create_tag("ada/demo", "v1").await?,
        "discussion" => drop(api.create_discussion("ada/demo", "A question").description("Why?").await?),
        "comment" => drop(api.comment_discussion("ada/demo", 1, "Because.").await?),
        "deletion of a repository" => api.delete_repo("ada/demo").await?,
        _ => panic!("unknown job {job:?}"),
    }
    Ok(())
}

/// The official client, in a process of its own.
pub(crate) struct Official {
    pub(crate) version: String,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Official {
    pub(crate) async fn start(python: &str, script: &str) -> Self {
        let mut command = Command::new(python);
        command
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut process = command.spawn().expect("Python starts");
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut output = BufReader::new(output).lines();
        let version = said(&mut output).await;
        Self { version, input, output, _process: process }
    }

    pub(crate) async fn call(&mut self, url: &str, job: &str) -> Said {
        self.input.write_all(format!("{url} {job}\n").as_bytes()).await.unwrap();
        self.input.flush().await.unwrap();
        if said(&mut self.output).await == "done" { Said::Done } else { Said::Failed }
    }
}

async fn said(output: &mut Lines<BufReader<ChildStdout>>) -> String {
    let line = output.next_line().await.unwrap().expect("the official client goes on");
    serde_json::from_str(&line).expect("a line of JSON")
}
