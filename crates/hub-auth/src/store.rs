//! [`HfFolder`]: the token store that the Python client and this one share.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::env::{TokenEnv, TokenPaths};
use crate::error::{AuthError, InvalidToken, TokenFault};
use crate::private_file;
use crate::source::{Grant, GrantFuture, TokenRequest, TokenSource, ready};
use crate::token::Token;
use crate::token_origin::TokenOrigin;

/// The stored token of the user: `HfFolder` of the Python client, over the same files.
///
/// A token in the environment comes before the one in the file. The environment is read when the value is made, the
/// files at each call.
///
/// As a [`TokenSource`] it gives the token that goes out without being asked for: the same as [`HfFolder::get_token`],
/// or none if `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set.
#[derive(Debug, Clone)]
pub struct HfFolder {
    env: TokenEnv,
}

impl HfFolder {
    /// A store over these files that looks at no environment variable.
    #[must_use]
    pub fn new(paths: TokenPaths) -> Self {
        Self { env: TokenEnv { token: Ok(None), paths: Some(paths), implicit: true } }
    }

    /// The store that the environment of this process describes: `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, and the file
    /// of [`TokenPaths::from_lookup`].
    ///
    /// Never fails: what is wrong in the environment is an error of the call that needs it.
    #[must_use]
    pub fn from_env() -> Self {
        Self { env: TokenEnv::from_process() }
    }

    /// Like [`HfFolder::from_env`], with `lookup` in place of the process environment.
    #[must_use]
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        Self { env: TokenEnv::from_lookup(lookup) }
    }

    /// The token file, whether or not it exists; `None` if there is no home folder.
    #[must_use]
    pub fn token_path(&self) -> Option<&Path> {
        self.env.paths.as_ref().map(|paths| paths.token.as_path())
    }

    /// Writes the token to the token file, replacing what is there, and creates the folders that are missing.
    ///
    /// The file gets mode 600 and a folder created for it 700. The replacement is atomic and on disk when this returns.
    /// If the path is a symbolic link, the link stays and the file it leads to is replaced. A token in the environment
    /// still comes first afterwards: see [`HfFolder::environment_token`].
    ///
    /// # Errors
    ///
    /// [`AuthError::NoHome`] and [`AuthError::File`]. The old token is then still there, whole.
    pub fn save_token(&self, token: &Token) -> Result<(), AuthError> {
        private_file::replace(&self.paths()?.token, token.reveal())
    }

    /// The token of the environment, else of the token file; `None` if there is neither.
    ///
    /// If the token file does not exist but that of an old version does (`~/.huggingface/token`), it is copied to
    /// the new place, with a warning. A copy that fails is a warning too, and the old token is used.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] if what is found first is not a token, and [`AuthError::File`] if the file cannot be read.
    pub fn get_token(&self) -> Result<Option<Token>, AuthError> {
        if let Some(token) = self.environment_token()? {
            return Ok(Some(token));
        }
        let Some(paths) = &self.env.paths else { return Ok(None) };
        match read_token(&paths.token)? {
            Stored::Token(token) => Ok(Some(token)),
            Stored::Empty => Ok(None),
            Stored::Missing => match &paths.legacy {
                Some(legacy) => migrate(legacy, &paths.token),
                None => Ok(None),
            },
        }
    }

    /// [`HfFolder::get_token`] where a token must be there: `token=True` of the Python client.
    ///
    /// # Errors
    ///
    /// [`AuthError::Required`] if there is none, and those of [`HfFolder::get_token`].
    pub fn require_token(&self) -> Result<Token, AuthError> {
        self.get_token()?.ok_or(AuthError::Required)
    }

    /// The token of the environment alone, to say after a login or logout that it is the one in use.
    ///
    /// # Errors
    ///
    /// [`AuthError::Invalid`] if a variable is set to something that is not a token.
    pub fn environment_token(&self) -> Result<Option<Token>, AuthError> {
        Ok(self.env.token.clone()?)
    }

    /// Removes the token file and that of old versions. Files that do not exist are fine; the environment is not
    /// touched. If a path is a symbolic link, the link is removed and not the file it leads to, as in Python.
    ///
    /// # Errors
    ///
    /// [`AuthError::NoHome`] and [`AuthError::File`]; both files are tried before an error is returned.
    pub fn delete_token(&self) -> Result<(), AuthError> {
        let paths = self.paths()?;
        let token = private_file::remove(&paths.token);
        let legacy = paths.legacy.as_deref().map_or(Ok(()), private_file::remove);
        token.and(legacy)
    }

    /// The token of the token file alone.
    pub(crate) fn file_token(&self) -> Result<Option<Token>, AuthError> {
        Ok(match read_token(&self.paths()?.token)? {
            Stored::Token(token) => Some(token),
            Stored::Empty | Stored::Missing => None,
        })
    }

    pub(crate) fn paths(&self) -> Result<&TokenPaths, AuthError> {
        self.env.paths.as_ref().ok_or(AuthError::NoHome)
    }
}

/// Asked for each attempt, so that a token that was just stored is used at once. Files are read on a thread that may
/// block.
impl TokenSource for HfFolder {
    fn token(&self, request: TokenRequest) -> GrantFuture<'_> {
        if !self.env.implicit {
            return ready(Ok(Grant::none()));
        }
        match self.environment_token() {
            Ok(None) if self.env.paths.is_some() => {}
            found => return ready(found.map(Grant::from)),
        }
        let store = self.clone();
        Box::pin(async move { Ok(request.run_blocking(move || store.get_token()).await??.into()) })
    }

    fn is_per_attempt(&self) -> bool {
        true
    }

    fn is_fixed(&self) -> bool {
        !self.env.implicit || self.env.paths.is_none() || !matches!(self.env.token, Ok(None))
    }
}

/// The token of one file, and nothing else: a mounted secret, for example. Asked for each attempt, so that a file that is
/// replaced is used at once. A file that does not exist or is empty means no token.
#[derive(Debug, Clone)]
pub struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// The file at `path`, which need not exist yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl TokenSource for TokenFile {
    fn token(&self, request: TokenRequest) -> GrantFuture<'_> {
        let path = self.path.clone();
        Box::pin(async move {
            Ok(match request.run_blocking(move || read_token(&path)).await?? {
                Stored::Token(token) => Grant::new(token),
                Stored::Empty | Stored::Missing => Grant::none(),
            })
        })
    }

    fn is_per_attempt(&self) -> bool {
        true
    }
}

/// The token of the environment alone: `HF_TOKEN`, else `HUGGING_FACE_HUB_TOKEN`, as they were when the value was made.
#[derive(Debug, Clone)]
pub struct EnvToken {
    token: Result<Option<Token>, InvalidToken>,
}

impl EnvToken {
    /// What the environment of this process says.
    #[must_use]
    pub fn from_env() -> Self {
        Self { token: TokenEnv::from_process().token }
    }

    /// Like [`EnvToken::from_env`], with `lookup` in place of the process environment.
    #[must_use]
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        Self { token: TokenEnv::from_lookup(lookup).token }
    }
}

impl TokenSource for EnvToken {
    fn token(&self, _: TokenRequest) -> GrantFuture<'_> {
        ready(self.token.clone().map(Grant::from).map_err(AuthError::from))
    }

    fn is_per_attempt(&self) -> bool {
        true
    }

    fn is_fixed(&self) -> bool {
        true
    }
}

enum Stored {
    Token(Token),
    Empty,
    Missing,
}

fn read_token(path: &Path) -> Result<Stored, AuthError> {
    let Some(content) = private_file::read(path)? else { return Ok(Stored::Missing) };
    let origin = TokenOrigin::File(path.to_owned());
    let Ok(text) = std::str::from_utf8(&content) else {
        return Err(InvalidToken::new(origin, TokenFault::NotUtf8).into());
    };
    Ok(Token::parse(text, origin)?.map_or(Stored::Empty, Stored::Token))
}

/// Copies rather than moves, so that old programs still find their token.
fn migrate(legacy: &Path, current: &Path) -> Result<Option<Token>, AuthError> {
    let Stored::Token(token) = read_token(legacy)? else { return Ok(None) };
    match private_file::create(current, token.reveal()) {
        Ok(true) => {
            tracing::warn!(
                from = %legacy.display(),
                to = %current.display(),
                "a token was found at the place of old versions and copied to the new one; the old file can be removed"
            );
            Ok(Some(token.with_source(TokenOrigin::File(current.to_owned()))))
        }
        // Someone else created the file in this moment: theirs is newer.
        Ok(false) => match read_token(current)? {
            Stored::Token(newer) => Ok(Some(newer)),
            Stored::Empty => Ok(None),
            Stored::Missing => Ok(Some(token)),
        },
        Err(error) => {
            tracing::warn!(
                from = %legacy.display(),
                to = %current.display(),
                %error,
                "the token at the place of old versions is used, but could not be copied to the new one"
            );
            Ok(Some(token))
        }
    }
}
