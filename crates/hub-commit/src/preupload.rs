//! Asks the server how each file travels, and whether the card is acceptable.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use hub_transport::ErrorKind;
use hub_types::base64;
use hub_types::preupload::{PreuploadDecision, PreuploadFile, PreuploadRequest};

use crate::endpoint::{Preupload, ValidateYaml};
use crate::job::{Job, blocking};
use crate::look::{SAMPLE, Seen};
use crate::operation::head_of;
use crate::plan::{Wanted, decide};
use crate::{CommitError, CommitOperationAdd};

/// Files in one request.
const BATCH: usize = 256;
/// Longest text file that is read whole to be sent along: `.gitignore`, `.gitattributes`, `README.md`.
const MAX_TEXT: u64 = 4 * 1024 * 1024;

/// What the server said about all files.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The files to deal with, in the order of their operations.
    pub(crate) files: Vec<Wanted>,
    /// The files that `.gitignore` leaves out.
    pub(crate) ignored: Vec<Seen>,
    /// The commit that the answers were read from.
    pub(crate) head: Option<String>,
    /// The server's time of the first answer.
    pub(crate) server_time: Option<String>,
}

/// Asks about all files, in batches. `samples` are the beginnings of all of them, or none.
pub(crate) async fn classify(
    job: &Arc<Job>,
    seen: &[Seen],
    samples: Vec<Box<[u8]>>,
) -> Result<Answer, CommitError> {
    let samples = &samples;
    let git_ignore = root_text(job, seen, ".gitignore").await?;
    let git_attributes = root_text(job, seen, ".gitattributes").await?;
    // Indices, because a stream of references is not `Send` for every lifetime.
    let mut batches = stream::iter(0..seen.len().div_ceil(BATCH))
        .map(|index| {
            let batch = seen.chunks(BATCH).nth(index).unwrap_or_default();
            let (git_ignore, git_attributes) = (git_ignore.clone(), git_attributes.clone());
            async move {
                let known = samples.chunks(BATCH).nth(index).unwrap_or_default();
                let files = if known.len() == batch.len() {
                    batch.iter().zip(known).map(|(seen, sample)| described(job, seen, sample)).collect()
                } else {
                    sampled(job, batch.to_vec()).await?
                };
                let endpoint = Preupload {
                    repo: &job.options.repo,
                    revision: &job.options.revision,
                    create_pr: job.options.create_pr,
                    request: PreuploadRequest { files, git_ignore, git_attributes },
                };
                let (response, time) = job.transport.send(&endpoint).await.map_err(CommitError::Preupload)?;
                Ok::<_, CommitError>((batch, response, time))
            }
        })
        .buffered(job.at_once.questions);
    let mut answer = Answer { files: Vec::with_capacity(seen.len()), ..Answer::default() };
    while let Some((batch, response, time)) = batches.try_next().await? {
        answer.head = answer.head.or(response.commit_oid);
        answer.server_time = answer.server_time.or(time);
        let by_path: HashMap<&str, &PreuploadDecision> =
            response.files.iter().map(|decision| (decision.path.as_str(), decision)).collect();
        for (index, seen) in batch.iter().enumerate() {
            let path = job.path(seen.operation);
            // By position first: two additions of one path may travel in different ways.
            let same_place = response.files.get(index).filter(|decision| decision.path == path);
            let decision = same_place.or_else(|| by_path.get(path).copied()).cloned().ok_or_else(|| {
                CommitError::malformed(format!("nothing was said about how {path:?} is to be uploaded"))
            })?;
            match decide(*seen, decision) {
                Some(wanted) => answer.files.push(wanted),
                None => {
                    tracing::info!(path, "left out because of .gitignore");
                    answer.ignored.push(*seen);
                }
            }
        }
    }
    Ok(answer)
}

/// The files of a batch, whose beginnings are read on one thread.
async fn sampled(job: &Arc<Job>, batch: Vec<Seen>) -> Result<Vec<PreuploadFile>, CommitError> {
    let job = Arc::clone(job);
    blocking(move || {
        let read = |seen: &Seen| {
            let sample = read_head(&job, job.add(seen.operation)?, SAMPLE)?;
            Ok(described(&job, seen, &sample))
        };
        batch.iter().map(read).collect()
    })
    .await
}

fn described(job: &Job, seen: &Seen, sample: &[u8]) -> PreuploadFile {
    let path = job.path(seen.operation).to_owned();
    PreuploadFile { path, size: seen.stamp.size, sample: base64::encode(sample) }
}

fn read_head(job: &Job, add: &CommitOperationAdd, limit: usize) -> Result<Vec<u8>, CommitError> {
    let read = || head_of(&mut *add.open(&*job.options.files)?.0, limit);
    read().map_err(|error| add.problem(error))
}

/// The text of an added file at the root; `None` when it is not part of the commit, not text or very long. The last
/// addition of the path counts.
async fn root_text(job: &Arc<Job>, seen: &[Seen], name: &str) -> Result<Option<String>, CommitError> {
    let Some(seen) = seen.iter().rfind(|seen| job.path(seen.operation) == name).copied() else {
        return Ok(None);
    };
    let Some(limit) = usize::try_from(seen.stamp.size).ok().filter(|_| seen.stamp.size <= MAX_TEXT) else {
        return Ok(None);
    };
    let job = Arc::clone(job);
    blocking(move || Ok(String::from_utf8(read_head(&job, job.add(seen.operation)?, limit)?).ok())).await
}

/// Lets the server check the front matter of an added `README.md`. A server without this check is no obstacle.
pub(crate) async fn check_card(job: &Arc<Job>, seen: &[Seen]) -> Result<(), CommitError> {
    let Some(content) = root_text(job, seen, "README.md").await? else { return Ok(()) };
    match job.transport.send(&ValidateYaml { repo: job.options.repo.clone(), content }).await {
        Ok(answer) => {
            for warning in answer.warnings {
                tracing::warn!("README.md: {}", warning.message);
            }
            refuse(answer.errors.into_iter().map(|error| error.message).collect())
        }
        Err(error) if error.kind() == ErrorKind::BadRequest => {
            let message = error.server_message().unwrap_or("the server did not say why");
            refuse(message.lines().map(str::to_owned).collect())
        }
        Err(error) => {
            tracing::debug!(%error, "the server did not check README.md");
            Ok(())
        }
    }
}

fn refuse(messages: Vec<String>) -> Result<(), CommitError> {
    if messages.is_empty() {
        return Ok(());
    }
    Err(CommitError::ReadmeRejected { message: messages.join("; ") })
}
