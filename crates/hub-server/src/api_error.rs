//! [`ApiError`]: a request that cannot be fulfilled, exactly as the Hub says it.

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
};
use hub_types::{
    ErrorCode,
    error_code::{ErrorBody, INVALID_CREDENTIALS_MESSAGE, X_REPO_COMMIT},
};

use crate::store::{StoreError, with_causes};

/// What is left of a limit and when it is whole again (draft-ietf-httpapi-ratelimit-headers).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The response to a request that cannot be fulfilled.
#[derive(Debug, Clone)]
pub(crate) struct ApiError(pub(crate) Box<Failure>);

#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) body: ErrorBody,
    pub(crate) headers: HeaderMap,
    /// What went wrong inside the hub: for its log, and not for the caller.
    pub(crate) cause: Option<String>,
}

impl ApiError {
    /// An error with a reason.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let body = ErrorBody::new(message);
        Self(Box::new(Failure { status, code: None, body, headers: HeaderMap::new(), cause: None }))
    }

    /// 400 with a reason.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 404 for what is none of the Hub's URLs.
    pub(crate) fn nowhere() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Sorry, we can't find what you are looking for.")
    }

    /// 403 with a reason.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 422 with a reason.
    pub(crate) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// The repository is missing, or the caller may not know of it: a stranger learns nothing from the difference.
    pub(crate) fn repo_not_found(anonymous: bool) -> Self {
        let error = if anonymous {
            Self::sign_in()
        } else {
            Self::new(StatusCode::NOT_FOUND, "Repository not found")
        };
        error.with_code(ErrorCode::RepoNotFound)
    }

    /// 401 for somebody who sent no token where one is needed.
    pub(crate) fn sign_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Invalid username or password.").asking_for_credentials()
    }

    /// 401 for a token that is unknown or has expired.
    pub(crate) fn bad_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, INVALID_CREDENTIALS_MESSAGE).asking_for_credentials()
    }

    /// 401 for a token of Xet whose hour is over.
    pub(crate) fn expired_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "this token of Xet has expired: ask for a new one")
            .asking_for_credentials()
    }

    /// 404 for a revision that the repository does not have.
    pub(crate) fn revision_not_found(revision: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Invalid rev id: {revision}"))
            .with_code(ErrorCode::RevisionNotFound)
    }

    /// 404 for a path that the revision does not have.
    pub(crate) fn entry_not_found(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("A file with the name \"{path}\" does not exist"))
            .with_code(ErrorCode::EntryNotFound)
    }

    /// 412: the branch is not at the commit that the caller named.
    pub(crate) fn parent_mismatch() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "The branch was updated since you opened this page. Please refresh and try again.",
        )
    }

    /// The repository is gated, and the caller has no access to its files.
    pub(crate) fn gated(anonymous: bool, repo: &str) -> Self {
        let error = if anonymous {
            let message = format!("Access to {repo} is restricted. You must be authenticated to access it.");
            Self::new(StatusCode::UNAUTHORIZED, message).asking_for_credentials()
        } else {
            Self::forbidden(format!("Access to {repo} is restricted and you are not in the authorized list."))
        };
        error.with_code(ErrorCode::GatedRepo)
    }

    /// The repository was switched off.
    pub(crate) fn disabled() -> Self {
        Self::forbidden("Access to this resource is disabled.")
    }

    /// Whether it says that the repository is missing, or hidden from the caller.
    pub(crate) fn is_repo_not_found(&self) -> bool {
        self.0.code == Some(ErrorCode::RepoNotFound)
    }

    /// 405 with the methods that would do.
    pub(crate) fn method_not_allowed(allowed: &str) -> Self {
        let error = Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("this URL takes {allowed}"));
        match HeaderValue::from_str(allowed) {
            Ok(allowed) => error.with_header(ALLOW, allowed),
            Err(_) => error,
        }
    }

    /// 500 with nothing about the inside; the log has the details, with the request's id.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        let message = "Internal error; the log of the hub has the reason";
        let mut internal = Self::new(StatusCode::INTERNAL_SERVER_ERROR, message);
        internal.0.cause = Some(with_causes(error));
        internal
    }

    /// Adds the repository, which the path of the request does not name, to what the log says.
    pub(crate) fn in_repo(mut self, repo: &hub_types::RepoRef) -> Self {
        self.0.cause = self.0.cause.map(|cause| format!("{repo}: {cause}"));
        self
    }

    /// Adds the machine-readable reason.
    pub(crate) fn with_code(mut self, code: ErrorCode) -> Self {
        self.0.code = Some(code);
        self
    }

    /// Adds a header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Adds the page of the repository that is in the way; clients read it from the body of a 409.
    pub(crate) fn with_url(mut self, url: String) -> Self {
        self.0.body.url = Some(url);
        self
    }

    /// Adds the commit that was looked into, as the responses about files carry it.
    pub(crate) fn with_commit(self, commit: &str) -> Self {
        self.with_header(HeaderName::from_static(X_REPO_COMMIT), header_text(commit))
    }

    /// git and git-lfs ask for a password only when they see these headers.
    fn asking_for_credentials(self) -> Self {
        let realm = HeaderValue::from_static("Basic realm=\"hub\"");
        self.with_header(WWW_AUTHENTICATE, realm.clone())
            .with_header(HeaderName::from_static("lfs-authenticate"), realm)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.status.as_u16(), self.0.body.message().unwrap_or_default())
    }
}

impl std::error::Error for ApiError {}

/// What a query or a form says that cannot be read.
impl From<hub_types::ParseError> for ApiError {
    fn from(error: hub_types::ParseError) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            // It was deleted, or got another name, while the request was handled.
            StoreError::RepoNotFound { .. } => Self::repo_not_found(false),
            StoreError::RevisionNotFound { revision } => Self::revision_not_found(&revision),
            StoreError::EntryNotFound { path } => Self::entry_not_found(&path),
            StoreError::ParentMismatch { .. } => Self::parent_mismatch(),
            StoreError::PathConflict { .. }
            | StoreError::InvalidRef { .. }
            | StoreError::InvalidPath { .. }
            | StoreError::TooLarge { .. }
            | StoreError::TooManyEdits { .. } => Self::bad_request(error.to_string()),
            StoreError::QuotaExceeded { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
            StoreError::DiscussionNotFound { .. } => Self::new(StatusCode::NOT_FOUND, "Discussion not found"),
            StoreError::CommentNotFound { .. } => Self::new(StatusCode::NOT_FOUND, "Comment not found"),
            StoreError::DiscussionMerged { .. } => Self::bad_request("This pull request is already merged"),
            StoreError::NoMemory | StoreError::TakenOut => busy(),
            other => Self::internal(&other),
        }
    }
}

/// A text as a header value: what is not printable ASCII becomes `?`.
pub(crate) fn header_text(text: &str) -> HeaderValue {
    let ascii: String = text.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect();
    HeaderValue::from_str(&ascii).unwrap_or(HeaderValue::from_static("?"))
}

/// 503 for a moment.
pub(crate) fn busy() -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "the hub is busy, try again")
        .with_header(RETRY_AFTER, HeaderValue::from_static("1"))
        .with_header(RATE_LIMIT, HeaderValue::from_static("\"in-flight\";r=0;t=1"))
}
