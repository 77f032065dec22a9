//! Asks the server how each file travels, and whether the card is acceptable.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::try_join;
use futures_util::stream::FuturesOrdered;
use hub_transport::ErrorKind;
use hub_types::base64;
use hub_types::preupload::{PreuploadDecision, PreuploadFile, PreuploadRequest, PreuploadResponse};

use crate::blocking::blocking;
use crate::inspect::{SAMPLE, Seen};
use crate::job::Job;
use crate::preupload::decision::{Added, check_limits};
use crate::preupload::endpoint::{Preupload, ValidateYaml};
use crate::source::head_of;
use crate::{CommitError, CommitOperationAdd};

/// Files in one request.
pub(crate) const BATCH: usize = 256;
/// Longest text file that is read whole to be sent along: `.gitignore`, `.gitattributes`, `README.md`.
const MAX_TEXT: u64 = 4 * 1024 * 1024;

/// What the server said beside what it decided about each file.
#[derive(Debug, Default)]
pub(crate) struct ModesSeen {
    /// The files that `.gitignore` leaves out, in the order of their operations.
    pub(crate) ignored: Vec<Seen>,
    /// The commit that the responses were read from.
    pub(crate) head: Option<String>,
    /// The server's time of the first response.
    pub(crate) server_time: Option<String>,
}

/// Has everything decided that the server decides before a commit: how each file travels, and whether the card is acceptable.
///
/// # Errors
/// Those of both requests, and what is too much for one commit.
pub(crate) async fn decide_all(
    job: &Arc<Job>,
    files: &mut Vec<Added>,
    samples: Vec<Box<[u8]>>,
) -> Result<ModesSeen, CommitError> {
    let response = if files.is_empty() {
        ModesSeen::default()
    } else {
        let card = at_root(job, files, "README.md");
        try_join(classify(job, files, samples), check_card(job, card)).await?.0
    };
    check_limits(files)?;
    Ok(response)
}

/// Asks about all files, in batches, notes what is decided about each, and drops those that are left out. `samples` are the
/// beginnings of all of them, or none.
async fn classify(
    job: &Arc<Job>,
    files: &mut Vec<Added>,
    samples: Vec<Box<[u8]>>,
) -> Result<ModesSeen, CommitError> {
    let git_ignore = root_text(job, at_root(job, files, ".gitignore")).await?;
    let git_attributes = root_text(job, at_root(job, files, ".gitattributes")).await?;
    let mut modes = ModesSeen::default();
    let mut requests = FuturesOrdered::new();
    let (mut asked, mut answered) = (0, 0);
    loop {
        while requests.len() < job.at_once.questions && asked < files.len() {
            let batch: Vec<Seen> = files.iter().skip(asked).take(BATCH).map(|file| file.seen).collect();
            let known = samples.get(asked..asked + batch.len()).unwrap_or_default();
            asked += batch.len();
            requests.push_back(ask(job, batch, known, git_ignore.clone(), git_attributes.clone()));
        }
        let Some(response) = requests.next().await else { break };
        let (response, time) = response?;
        modes.head = modes.head.or(response.commit_oid);
        modes.server_time = modes.server_time.or(time);
        let by_path: HashMap<&str, &PreuploadDecision> =
            response.files.iter().map(|decision| (decision.path.as_str(), decision)).collect();
        for (index, file) in files.iter_mut().skip(answered).take(BATCH).enumerate() {
            let path = job.path(file.seen.operation);
            // By position first: two additions of one path may travel in different ways.
            let same_place = response.files.get(index).filter(|decision| decision.path == path);
            let decision = same_place.or_else(|| by_path.get(path).copied()).ok_or_else(|| {
                CommitError::malformed(format!("nothing was said about how {path:?} is to be uploaded"))
            })?;
            if !file.decide(decision) && !job.add(file.seen.operation)?.is_copied() {
                tracing::info!(path, "left out because of .gitignore");
                modes.ignored.push(file.seen);
            }
        }
        answered += BATCH;
    }
    if !modes.ignored.is_empty() {
        let ignored: HashSet<usize> = modes.ignored.iter().map(|seen| seen.operation).collect();
        files.retain(|file| !ignored.contains(&file.seen.operation));
    }
    Ok(modes)
}

/// Asks about a batch; `known` is how each of its files begins, or nothing.
async fn ask(
    job: &Arc<Job>,
    batch: Vec<Seen>,
    known: &[Box<[u8]>],
    git_ignore: Option<String>,
    git_attributes: Option<String>,
) -> Result<(PreuploadResponse, Option<String>), CommitError> {
    let files = if known.len() == batch.len() {
        batch.iter().zip(known).map(|(seen, sample)| described(job, seen, sample)).collect()
    } else {
        sampled(job, batch).await?
    };
    let endpoint = Preupload {
        repo: &job.options.repo,
        revision: &job.options.revision,
        create_pr: job.options.create_pr,
        request: PreuploadRequest::new(files).git_ignore(git_ignore).git_attributes(git_attributes),
    };
    job.transport.send(&endpoint).await.map_err(CommitError::Preupload)
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
    PreuploadFile::new(job.path(seen.operation), seen.stamp.size).sample(base64::encode(sample))
}

fn read_head(job: &Job, add: &CommitOperationAdd, limit: usize) -> Result<Vec<u8>, CommitError> {
    let read = || head_of(&mut *add.open(&*job.options.files)?.0, limit);
    read().map_err(|error| add.problem(error))
}

/// The file that is added at the root under this name. The last addition of the path counts.
fn at_root(job: &Job, files: &[Added], name: &str) -> Option<Seen> {
    files.iter().map(|file| file.seen).rfind(|seen| job.path(seen.operation) == name)
}

/// The text of an added file; `None` when there is none, or it is not text or very long.
async fn root_text(job: &Arc<Job>, seen: Option<Seen>) -> Result<Option<String>, CommitError> {
    let Some(seen) = seen else { return Ok(None) };
    let Some(limit) = usize::try_from(seen.stamp.size).ok().filter(|_| seen.stamp.size <= MAX_TEXT) else {
        return Ok(None);
    };
    let job = Arc::clone(job);
    blocking(move || Ok(String::from_utf8(read_head(&job, job.add(seen.operation)?, limit)?).ok())).await
}

/// Lets the server check the front matter of an added `README.md`. A server without this check is no obstacle.
async fn check_card(job: &Arc<Job>, card: Option<Seen>) -> Result<(), CommitError> {
    let Some(content) = root_text(job, card).await? else { return Ok(()) };
    match job.transport.send(&ValidateYaml { repo: job.options.repo.clone(), content }).await {
        Ok(response) => {
            for warning in response.warnings {
                tracing::warn!("README.md: {}", warning.message);
            }
            refuse(response.errors.into_iter().map(|error| error.message).collect())
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
