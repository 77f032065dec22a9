//! Opening discussions and pull requests.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_commit::discussion_claim;
use hub_transport::{Body, Endpoint, Error, ErrorKind, RetryClass, Transport, decode_json, post};
use hub_types::{
    DiscussionWithDetails,
    discussion::{
        CreateDiscussionRequest, CreateDiscussionResponse, DiscussionTypeFilter, MAX_COMMENT_LENGTH,
    },
    route,
};

use super::{
    At, checked_title,
    read::{GetDiscussionDetails, decoded, newest},
    settle::{Adding, Seen, Written, look},
};
use crate::{Async, Call, HfApi, Mode, Operation, api::endpoint_repo, args::HasRepo, repo_arg::RepoArg};

/// The call that [`HfApi::create_discussion`] and [`HfApi::create_pull_request`] make.
pub type CreateDiscussionCall<M = Async> = Call<CreateDiscussion, M>;

/// What a new discussion or pull request should be.
#[derive(Debug, Clone)]
pub struct CreateDiscussion {
    repo: RepoArg,
    title: String,
    description: Option<String>,
    pull_request: bool,
}

impl HasRepo for CreateDiscussion {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl<M: Mode> CreateDiscussionCall<M> {
    /// Text of the first comment in Markdown; a sentence that names this library unless set. Python: `description`.
    pub fn description(self, description: impl Into<String>) -> Self {
        self.edit(|operation| operation.description = Some(description.into()))
    }

    /// Whether it is a pull request. Python: `pull_request`.
    pub fn pull_request(self, pull_request: bool) -> Self {
        self.edit(|operation| operation.pull_request = pull_request)
    }
}

/// `POST /api/{models}/{id}/discussions`
struct PostDiscussion<'a>(&'a CreateDiscussion);

impl Endpoint for PostDiscussion<'_> {
    const NAME: &'static str = "create_discussion";
    type Output = CreateDiscussionResponse;

    fn class(&self) -> RetryClass {
        RetryClass::Append
    }

    fn target(&self) -> String {
        self.0.repo.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let repo = endpoint_repo(&self.0.repo)?;
        post(route::repo(&repo).discussions()).json(&self.0.body()?).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<CreateDiscussionResponse, Error> {
        decode_json(head, &body)
    }
}

impl CreateDiscussion {
    fn body(&self) -> Result<CreateDiscussionRequest, Error> {
        let title = checked_title(self.title.trim())?;
        let description = match self.description.as_deref().map(str::trim) {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ if self.pull_request => "Pull Request opened with hub-api for Rust".to_owned(),
            _ => "Discussion opened with hub-api for Rust".to_owned(),
        };
        let length = description.chars().count();
        if length > MAX_COMMENT_LENGTH {
            return Err(Error::build(format!(
                "a description has at most {MAX_COMMENT_LENGTH} characters, this one has {length}"
            )));
        }
        Ok(CreateDiscussionRequest::new(title).description(description).pull_request(self.pull_request))
    }

    fn details(&self, num: u64) -> GetDiscussionDetails {
        GetDiscussionDetails { at: At { repo: self.repo.clone(), num } }
    }

    /// The discussion that this call made, if it made one: by the caller, since the call began, with the same texts.
    async fn made(
        &self,
        transport: &Transport,
        adding: &Adding,
    ) -> Result<Seen<DiscussionWithDetails>, crate::Error> {
        let body = self.body()?;
        let kind = match self.pull_request {
            true => DiscussionTypeFilter::PullRequest,
            false => DiscussionTypeFilter::Discussion,
        };
        let repo = endpoint_repo(&self.repo)?;
        let list = newest(&self.repo, kind);
        let (page, own) = look(&list.page(0), adding).await?;
        let discussions: Vec<_> = page.discussions.into_iter().map(decoded).collect::<Result<_, _>>()?;
        let mut candidates = Vec::new();
        for one in discussions.iter().filter(|one| one.title == body.title) {
            let written = own.wrote(one.author_name(), &one.created_at, &discussion_claim(&repo, one.num));
            if written == Written::No {
                continue;
            }
            let details = transport.send(&self.details(one.num)).await?;
            if details.comments().next().is_some_and(|first| first.content() == body.description) {
                candidates.push((written, format!("discussion {}", one.num), details));
            }
        }
        Ok(Seen::only(candidates))
    }

    /// What all calls have in common that open the same.
    fn what(&self) -> Result<String, Error> {
        let CreateDiscussionRequest { title, description, pull_request, .. } = self.body()?;
        Ok(format!("open {pull_request} {title:?} {description:?} in {}", self.repo.describe()))
    }
}

impl Operation for CreateDiscussion {
    type Output = DiscussionWithDetails;

    async fn run(self, api: HfApi) -> Result<DiscussionWithDetails, crate::Error> {
        let transport = api.transport()?;
        let adding = Adding::begin(transport, self.what()?).await;
        let repo = endpoint_repo(&self.repo)?;
        let (error, seen) = match transport.send(&PostDiscussion(&self)).await {
            Ok(made) if adding.claim(&discussion_claim(&repo, made.num)) => {
                return transport.send(&self.details(made.num)).await.map_err(|error| {
                    let hint =
                        format!("discussion {} was opened, but not read: do not open it again", made.num);
                    error.in_doubt().with_hint(hint).into()
                });
            }
            Ok(made) => {
                let message =
                    format!("the server names discussion {}, which another call has opened", made.num);
                (Error::new(ErrorKind::Decode, message), self.made(transport, &adding).await)
            }
            Err(error) if error.maybe_processed() => (error, self.made(transport, &adding).await),
            Err(error) => return Err(error.into()),
        };
        let hint = match seen {
            Ok(Seen::Done(made)) if !adding.is_doubtful() => {
                if adding.claim(&discussion_claim(&repo, made.discussion.num)) {
                    return Ok(made);
                }
                String::new()
            }
            Ok(Seen::Done(made)) => like_it(&format!("discussion {}", made.discussion.num)),
            Ok(Seen::Perhaps(name)) => like_it(&name),
            Ok(Seen::Nothing) | Err(_) => String::new(),
        };
        adding.doubt();
        let hint =
            format!("it is not known whether it was opened{hint}: look at the list before you try again");
        Err(error.in_doubt().with_hint(hint).into())
    }
}

fn like_it(name: &str) -> String {
    format!(" ({name} is of about that time and says the same)")
}

impl<M: Mode> HfApi<M> {
    /// Opens a discussion. Python: `create_discussion`.
    ///
    /// When the response is lost, the call looks whether the discussion is there: it is never opened twice, and none that another
    /// call has opened is taken for it. One with the same texts, of the caller, that is not surely younger than the call (the
    /// Hub's clock is known to a second) leaves the outcome unknown; the error names it.
    ///
    /// # Errors
    /// `RepoNotFound`, `Unauthorized` without a token. A title that has not 3 to 200 characters is refused before anything
    /// is sent.
    ///
    /// Endpoint: `POST /api/{models}/{id}/discussions`.
    pub fn create_discussion(
        &self,
        repo: impl Into<RepoArg>,
        title: impl Into<String>,
    ) -> CreateDiscussionCall<M> {
        let (repo, title) = (self.arg(repo), title.into());
        self.call(CreateDiscussion { repo, title, description: None, pull_request: false })
    }

    /// Opens a pull request without changes, as a draft. Python: `create_pull_request`.
    ///
    /// Commits go to its ref, `refs/pr/N`; it can be merged once its status is `open`. To open one together with its first
    /// commit, use [`create_commit`](HfApi::create_commit) with `create_pr`.
    ///
    /// # Errors
    /// As [`HfApi::create_discussion`].
    ///
    /// Endpoint: `POST /api/{models}/{id}/discussions`.
    pub fn create_pull_request(
        &self,
        repo: impl Into<RepoArg>,
        title: impl Into<String>,
    ) -> CreateDiscussionCall<M> {
        self.create_discussion(repo, title).pull_request(true)
    }
}
