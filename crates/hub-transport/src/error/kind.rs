//! [`ErrorKind`]: the sorts of failure that callers tell apart.

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No such repository, or none that the caller may see.
    RepoNotFound,
    /// The repository has no such branch, tag or commit.
    RevisionNotFound,
    /// The revision has no such file or folder.
    EntryNotFound,
    /// Something else does not exist (404 without a reason that the client knows, 410).
    NotFound,
    /// The repository is gated and access was not granted.
    GatedRepo,
    /// The repository was disabled by the Hub.
    DisabledRepo,
    /// The token was refused, or one is needed (401).
    Unauthorized,
    /// The token does not permit it (403).
    Forbidden,
    /// The server does not accept the request (400, 422).
    BadRequest,
    /// It exists already, or is in use (409).
    Conflict,
    /// Something changed in between (412).
    PreconditionFailed,
    /// Too large for the server (413).
    PayloadTooLarge,
    /// The asked range lies outside the file (416).
    RangeNotSatisfiable,
    /// Too many requests (429).
    RateLimited,
    /// The server failed (5xx).
    Server,
    /// Offline mode is on; nothing was sent.
    Offline,
    /// The host is not among those that may be contacted; nothing was sent to it.
    HostNotAllowed,
    /// No connection: name resolution, refused, unreachable.
    Connect,
    /// The connection could not be protected: certificate or handshake.
    Tls,
    /// A proxy refused.
    Proxy,
    /// A proxy asks for a user and password, or does not accept those that it was given (407).
    ProxyAuth,
    /// Something took too long.
    Timeout,
    /// The connection ended in the middle.
    Interrupted,
    /// What came back is not HTTP.
    Protocol,
    /// A redirect or a link that must not be followed.
    Redirect,
    /// The response arrived but cannot be read.
    Decode,
    /// The response is larger than the limit.
    TooLarge,
    /// The request's own body failed: the file could not be read, or changed.
    RequestBody,
    /// Bad input; nothing was sent.
    Build,
    /// The token could not be read or used; nothing was sent.
    Auth,
    /// Anything else.
    Other,
}

impl ErrorKind {
    /// True for kinds that say "it does not exist, or not for this caller".
    #[must_use]
    pub fn is_not_found(self) -> bool {
        matches!(self, Self::RepoNotFound | Self::RevisionNotFound | Self::EntryNotFound | Self::NotFound)
    }

    /// True for failures of the moment, which may be gone the next time.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Server
                | Self::Connect
                | Self::Proxy
                | Self::Timeout
                | Self::Interrupted
                | Self::Protocol
        )
    }
}
