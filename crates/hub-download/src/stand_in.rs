//! When what an earlier download kept stands in for the Hub.

use hub_transport::{Error, ErrorKind};

use crate::{DownloadError, Target};

/// What was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    File,
    Snapshot,
}

/// Gives the file that is kept when the Hub cannot be asked, refuses, or says something that cannot be used; else the error.
pub(crate) fn stand_in<T>(
    error: DownloadError,
    what: String,
    target: &Target,
    kept: Option<T>,
) -> Result<T, DownloadError> {
    if !allows(Wanted::File, &error) {
        return Err(error);
    }
    match kept {
        Some(kept) => {
            tell(&error, &what);
            Ok(kept)
        }
        None => Err(absent(error, what, target)),
    }
}

/// Says in the log that something is not what the Hub has now. Not to somebody who chose to be offline.
pub(crate) fn tell(error: &DownloadError, what: &str) {
    if error.as_transport().is_some_and(|error| error.kind() == ErrorKind::Offline) {
        tracing::debug!("offline; {what} is taken as it was when the Hub was last asked");
    } else {
        let error = match error.as_transport() {
            Some(source) => source as &(dyn std::error::Error + 'static),
            None => error,
        };
        tracing::warn!(error, "{what} is taken as it was when the Hub was last asked");
    }
}

/// The error when nothing is kept.
pub(crate) fn absent(error: DownloadError, what: String, target: &Target) -> DownloadError {
    match error {
        DownloadError::Transport(source) if is_unreachable(&source) => {
            DownloadError::Unreachable { what, cache: target.root().to_owned(), source }
        }
        error => error,
    }
}

/// Whether what is kept may stand in after this error.
///
/// The rule is Python's, but for a failed proxy, a broken connection and a response that is not HTTP, where Python fails: not
/// when the Hub says that the revision or the file does not exist, and not when a mistake on this side kept the Hub from being
/// asked.
pub(crate) fn allows(wanted: Wanted, error: &DownloadError) -> bool {
    match error {
        // The second is what became of one of the kinds below.
        DownloadError::Metadata { .. } | DownloadError::Unreachable { .. } => true,
        DownloadError::Transport(error) => match error.kind() {
            ErrorKind::EntryNotFound => wanted == Wanted::Snapshot,
            ErrorKind::RevisionNotFound
            | ErrorKind::HostNotAllowed
            | ErrorKind::RequestBody
            | ErrorKind::Build
            | ErrorKind::Auth => false,
            _ => true,
        },
        _ => false,
    }
}

/// Whether an error says that the Hub could not be asked: the reason why something is not here, and not what the Hub says
/// about it.
pub(crate) fn is_unreachable(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Offline
            | ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::Proxy
            | ErrorKind::ProxyAuth
            | ErrorKind::Timeout
            | ErrorKind::Interrupted
            | ErrorKind::Server
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_failed_request_has_a_place_in_the_rule() {
        use ErrorKind::*;
        let of = |kind| DownloadError::from(Error::new(kind, "x"));
        for kind in [
            RepoNotFound,
            NotFound,
            GatedRepo,
            DisabledRepo,
            Unauthorized,
            Forbidden,
            BadRequest,
            Conflict,
            PreconditionFailed,
            PayloadTooLarge,
            RangeNotSatisfiable,
            RateLimited,
            Server,
            Offline,
            Connect,
            Tls,
            Proxy,
            ProxyAuth,
            Timeout,
            Interrupted,
            Protocol,
            Redirect,
            Decode,
            TooLarge,
            Other,
        ] {
            assert!(allows(Wanted::File, &of(kind)) && allows(Wanted::Snapshot, &of(kind)), "{kind:?}");
        }
        for kind in [RevisionNotFound, HostNotAllowed, RequestBody, Build, Auth] {
            assert!(!allows(Wanted::File, &of(kind)) && !allows(Wanted::Snapshot, &of(kind)), "{kind:?}");
        }
        assert!(!allows(Wanted::File, &of(EntryNotFound)) && allows(Wanted::Snapshot, &of(EntryNotFound)));
        assert!(!allows(Wanted::File, &DownloadError::Stopped));
    }
}
