//! Why a command failed: one line on stderr and an exit code.

use std::{error::Error as StdError, fmt, process::ExitCode};

use hub_api::{DownloadError, Error, ErrorKind, auth::AuthError, commit::CommitError};

use crate::{
    shown::escaped,
    words::{causes, chain, given_by},
};

/// Exit codes, for scripts. 2, wrong usage, is also what clap exits with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    Done = 0,
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    NotAuthorised = 4,
    Conflict = 5,
    Network = 6,
}

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: Code,
}

impl Failure {
    /// A failure with its own text.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { message: message.into(), code }
    }

    /// A failure of this machine: what was tried, and why it did not work.
    pub(crate) fn other(what: impl fmt::Display, error: impl StdError + 'static) -> Self {
        Self::new(Code::Failed, format!("{what}: {}", chain(&error)))
    }

    /// A fault of a token, which was given in this way.
    pub(crate) fn of_auth(error: &AuthError, given: &str) -> Self {
        Self::new(code_of_auth(error), given_by(given, error))
    }

    /// Whoever read the results has gone away: no more is done, and nothing is said.
    pub(crate) fn unheard() -> Self {
        Self::new(Code::Done, String::new())
    }

    /// Whether it is one of these.
    pub(crate) fn is(&self, codes: &[Code]) -> bool {
        codes.contains(&self.code)
    }

    /// Whether there is something to say.
    pub(crate) fn is_told(&self) -> bool {
        !self.message.is_empty()
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code as u8)
    }
}

impl fmt::Display for Failure {
    /// One line, without control characters that a server may have sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(&self.message.replace('\n', "; "), char::is_control))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { message: chain(&error), code: code(&error) }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Self { message: chain(&error), code: code_of_auth(&error) }
    }
}

/// What is wrong with a token is another thing than what is wrong with the files, or with git, that it is kept in.
fn code_of_auth(error: &AuthError) -> Code {
    match error {
        AuthError::File { .. }
        | AuthError::NoHome
        | AuthError::StoredTokens { .. }
        | AuthError::NoSuchName { .. }
        | AuthError::BadName { .. }
        | AuthError::Git { .. } => Code::Failed,
        AuthError::Shared(error) => code_of_auth(error),
        _ => Code::NotAuthorised,
    }
}

fn code(error: &Error) -> Code {
    match error {
        Error::Invalid(_) | Error::Setup(_) => return Code::Usage,
        Error::Auth(error) => return code_of_auth(error),
        // Whatever came of looking for the commit afterwards says nothing of the commit.
        Error::Commit(CommitError::CommitOutcomeUnknown(_)) => return Code::Failed,
        Error::Commit(
            CommitError::ParentMismatch { .. }
            | CommitError::FolderBusy { .. }
            | CommitError::Contended { .. },
        ) => return Code::Conflict,
        Error::Download(
            DownloadError::LocalEntryNotFound { .. }
            | DownloadError::NotInRevision { .. }
            | DownloadError::NoListing { .. }
            | DownloadError::Unresolved { source: None, .. }
            | DownloadError::IncompleteSnapshot { source: None, .. }
            | DownloadError::NoCommit { .. }
            | DownloadError::NotASafetensorsRepo { .. }
            | DownloadError::NoSuchTensor { .. },
        ) => return Code::NotFound,
        Error::Commit(CommitError::InvalidOperation { .. } | CommitError::PathClash { .. }) => {
            return Code::Usage;
        }
        _ => {}
    }
    match error.kind() {
        Some(kind) if kind.is_not_found() => {
            if error.is_not_found() {
                Code::NotFound
            } else {
                Code::Failed
            }
        }
        Some(ErrorKind::Auth) => {
            let fault = causes(error).find_map(|cause| cause.downcast_ref::<AuthError>());
            fault.map_or(Code::NotAuthorised, code_of_auth)
        }
        Some(ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::GatedRepo) => Code::NotAuthorised,
        Some(ErrorKind::Conflict | ErrorKind::PreconditionFailed) => Code::Conflict,
        Some(ErrorKind::Build) => Code::Usage,
        Some(
            ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::Proxy
            | ErrorKind::ProxyAuth
            | ErrorKind::Timeout
            | ErrorKind::Interrupted
            | ErrorKind::Offline
            | ErrorKind::HostNotAllowed,
        ) => Code::Network,
        _ => Code::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_stays_on_one_line_and_moves_no_cursor() {
        let failure = Failure::new(Code::Failed, "first\nsecond \u{1b}[2J");
        assert_eq!(failure.to_string(), "first; second \\u{1b}[2J");
    }

    #[test]
    fn a_branch_that_others_move_all_the_time_is_a_conflict() {
        let contended = CommitError::Contended { attempts: 9, waited: std::time::Duration::from_secs(60) };
        assert_eq!(code(&Error::Commit(contended)), Code::Conflict);
    }
}
