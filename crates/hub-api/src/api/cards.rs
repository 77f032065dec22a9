//! Cards: the `README.md` of a repository, and the fields at its head.

use std::path::{Path, PathBuf};

use hub_commit::CommitOperationAdd;
use hub_download::{DownloadError, ReadRequest, read_file};
use hub_transport::ErrorKind;
use hub_types::{
    CommitInfo, RepoRef, RepoType, Revision,
    card::{CardError, CardMap, RepoCard},
};
use tokio::io::AsyncReadExt;

use crate::{
    Async, Call, Error, HfApi, Mode, Operation,
    api::{
        commit_args::{CommitArgs, HasCommit, Prepared},
        upload::UploadFileCall,
    },
    args::{Seal, of_a_revision},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::load_repo_card`] makes.
pub type LoadRepoCardCall<M = Async> = Call<LoadRepoCard, M>;
/// The call that [`HfApi::metadata_update`] makes.
pub type MetadataUpdateCall<M = Async> = Call<MetadataUpdate, M>;

const CARD: &str = "README.md";
/// The longest card that is read, in bytes.
const MAX_CARD: u64 = 16 << 20;

/// A card to be read.
#[derive(Debug, Clone)]
pub struct LoadRepoCard {
    repo: RepoArg,
    revision: Option<String>,
}

of_a_revision!(LoadRepoCard);

impl Operation for LoadRepoCard {
    type Output = RepoCard;

    async fn run(self, api: HfApi) -> Result<RepoCard, Error> {
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        Ok(load(&api, &repo, &revision).await?.0)
    }
}

/// Reads a card, and gives the commit that it is of.
async fn load(api: &HfApi, repo: &RepoRef, revision: &Revision) -> Result<(RepoCard, String), Error> {
    let wanted = ReadRequest::new(repo.clone(), CARD.parse()?)
        .revision(revision.clone())
        .cache(api.cache_dir().map(hub_download::Cache::new))
        .range(0..MAX_CARD)
        .timeouts(api.download_timeouts());
    let mut reader = read_file(api.transport()?, wanted).await?;
    let what = format!("{CARD} of {repo}");
    if reader.size() > MAX_CARD {
        return Err(Error::setup(format!(
            "{what} has {} bytes, and more than {MAX_CARD} are not read",
            reader.size()
        )));
    }
    let (mut bytes, commit) = (Vec::new(), reader.commit().to_string());
    let failed = |source| DownloadError::Io { action: "read", path: PathBuf::from(CARD), source };
    reader.read_to_end(&mut bytes).await.map_err(failed)?;
    let card = String::from_utf8_lossy(&bytes).parse().map_err(|source| Error::Card { what, source })?;
    Ok((card, commit))
}

/// Fields to be set in a card.
#[derive(Debug, Clone)]
pub struct MetadataUpdate {
    commit: CommitArgs,
    metadata: CardMap,
    overwrite: bool,
}

impl<M: Mode> MetadataUpdateCall<M> {
    /// Whether fields and results that have another value are overwritten. Off unless set: they are an error. Python:
    /// `overwrite`.
    pub fn overwrite(self, overwrite: bool) -> Self {
        self.edit(|operation| operation.overwrite = overwrite)
    }
}

impl HasCommit for MetadataUpdate {
    fn commit_mut(&mut self, _: Seal) -> &mut CommitArgs {
        &mut self.commit
    }

    async fn prepare(mut self, api: &HfApi) -> Result<Prepared, Error> {
        let (repo, revision) = self.commit.repo.at_or_main(self.commit.revision.as_deref())?;
        let (mut card, parent) = match load(api, &repo, &revision).await {
            Ok((card, commit)) => (card, Some(commit)),
            Err(error)
                if error.kind() == Some(ErrorKind::EntryNotFound) && repo.repo_type != RepoType::Space =>
            {
                let commit = error.transport().and_then(|error| error.context().repo_commit.clone());
                (RepoCard::default(), commit)
            }
            Err(error) => return Err(error),
        };
        let what = format!("{CARD} of {repo}");
        card.update(&self.metadata, self.overwrite).map_err(|source| Error::Card { what, source })?;
        if self.commit.parent_commit.is_none() {
            self.commit.parent_commit = parent;
        }
        let add = CommitOperationAdd::new(CARD, card.content().into_bytes())?;
        Prepared::new(self.commit, "Update metadata with hub".to_owned(), vec![add.into()])
    }
}

impl Operation for MetadataUpdate {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        self.prepare(&api).await?.commit(&api).await
    }
}

impl<M: Mode> HfApi<M> {
    /// The card of a repository: its `README.md`, with the fields at its head. Python: `RepoCard.load`, `ModelCard.load` and so
    /// on; `ModelCard::from` makes one of it.
    ///
    /// # Errors
    /// `EntryNotFound` without a `README.md`; [`Error::Card`] if its head is no YAML; those of [`read_file`](Self::read_file).
    ///
    /// Endpoint: `HEAD` and `GET /{id}/resolve/{rev}/README.md`.
    pub fn load_repo_card(&self, repo: impl Into<RepoArg>) -> LoadRepoCardCall<M> {
        self.call(LoadRepoCard { repo: self.arg(repo), revision: None })
    }

    /// Makes the card of a repository this one, as one commit. The Hub checks it first. Python: `card.push_to_hub`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let hub = hub_server::EmbeddedHub::temporary().token("ada", "hf_ada", hub_server::TokenRole::Write).repo("ada/demo").build()?;
    /// # let api = hub_api::HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub).inner_is_private().build()?;
    /// # api.upload_file(&b"---\nlicense: mit # for now\n---\n# Demo\n"[..], "README.md", "ada/demo").await?;
    /// let mut card = api.load_repo_card("ada/demo").await?;
    /// card.data_mut().insert("license", "apache-2.0");
    /// api.push_repo_card("ada/demo", &card).await?;
    ///
    /// let card = api.load_repo_card("ada/demo").await?;
    /// assert_eq!(card.content(), "---\nlicense: apache-2.0 # for now\n---\n# Demo\n");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`CommitError::ReadmeRejected`](hub_commit::CommitError::ReadmeRejected) if the Hub refuses it; those of
    /// [`upload_file`](Self::upload_file).
    ///
    /// Endpoints: `POST /api/validate-yaml`, and those of [`upload_file`](Self::upload_file).
    pub fn push_repo_card(&self, repo: impl Into<RepoArg>, card: &RepoCard) -> UploadFileCall<M> {
        self.upload_file(card.content().into_bytes(), CARD, repo)
    }

    /// Sets fields at the head of a repository's card, as one commit; a repository without a card gets one. Comments and order
    /// stay, and results of a `model-index` are added to those that are there. Python: `metadata_update`.
    ///
    /// The commit must follow the one that the card was read at: if somebody else has changed the branch meanwhile, nothing is
    /// committed.
    ///
    /// # Errors
    /// [`Error::Card`] when a field has another value and [`overwrite`](MetadataUpdateCall::overwrite) is not set; `EntryNotFound`
    /// for a Space without a `README.md`; those of [`push_repo_card`](Self::push_repo_card).
    ///
    /// Endpoints: those of [`load_repo_card`](Self::load_repo_card) and [`push_repo_card`](Self::push_repo_card).
    pub fn metadata_update(&self, repo: impl Into<RepoArg>, metadata: CardMap) -> MetadataUpdateCall<M> {
        self.call(MetadataUpdate { commit: CommitArgs::new(self.arg(repo)), metadata, overwrite: false })
    }
}

/// The fields at the head of a card of this machine; `None` where there is no head. Waits for the disk. Python:
/// `metadata_load`.
///
/// # Errors
/// [`Error::Card`] if the head is no YAML; [`DownloadError::Io`] if the file cannot be read.
pub fn metadata_load(path: impl AsRef<Path>) -> Result<Option<CardMap>, Error> {
    let path = path.as_ref();
    let text = read(path)?;
    hub_types::card::read_head(&text).map_err(|source| of_file(path, source))
}

/// Makes the fields at the head of a card of this machine these, and makes the file if there is none. Comments of fields that
/// stay, and the text, stay. Waits for the disk. Python: `metadata_save`.
///
/// # Errors
/// As for [`metadata_load`]; [`DownloadError::Io`] if the file cannot be written.
pub fn metadata_save(path: impl AsRef<Path>, data: &CardMap) -> Result<(), Error> {
    let path = path.as_ref();
    let mut card = if path.exists() {
        read(path)?.parse().map_err(|source| of_file(path, source))?
    } else {
        RepoCard::default()
    };
    *card.data_mut() = data.clone();
    let failed = |source| DownloadError::Io { action: "write", path: path.to_owned(), source };
    Ok(std::fs::write(path, card.content()).map_err(failed)?)
}

fn read(path: &Path) -> Result<String, Error> {
    let failed = |source| DownloadError::Io { action: "read", path: path.to_owned(), source };
    Ok(String::from_utf8_lossy(&std::fs::read(path).map_err(failed)?).into_owned())
}

fn of_file(path: &Path, source: CardError) -> Error {
    Error::Card { what: path.display().to_string(), source }
}
