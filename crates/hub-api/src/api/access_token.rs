//! The token as git's password for the Hub.

use hub_auth::{AuthError, GitCredential, Token};

use crate::{Async, Call, Error, HfApi, Mode, Operation};

/// The call that [`HfApi::set_access_token`] makes.
pub type SetAccessTokenCall<M = Async> = Call<SetAccessToken, M>;
/// The call that [`HfApi::unset_access_token`] makes.
pub type UnsetAccessTokenCall<M = Async> = Call<UnsetAccessToken, M>;

/// A token to give to git.
#[derive(Debug)]
pub struct SetAccessToken {
    token: Result<Token, AuthError>,
}

impl Operation for SetAccessToken {
    type Output = ();

    async fn run(self, api: HfApi) -> Result<(), Error> {
        let token = self.token?;
        with_git(&api, move |git| git.approve(&token)).await
    }
}

/// A token to take from git.
#[derive(Debug, Clone, Default)]
pub struct UnsetAccessToken {}

impl Operation for UnsetAccessToken {
    type Output = ();

    async fn run(self, api: HfApi) -> Result<(), Error> {
        with_git(&api, GitCredential::reject).await
    }
}

/// Runs git on a thread that may wait for it.
async fn with_git(
    api: &HfApi,
    work: impl FnOnce(&GitCredential) -> Result<(), AuthError> + Send + 'static,
) -> Result<(), Error> {
    let git = GitCredential::new(api.endpoint()?)?;
    let done = tokio::task::spawn_blocking(move || work(&git)).await;
    Ok(done.map_err(|_| Error::setup("running git panicked; its message is on stderr"))??)
}

impl<M: Mode> HfApi<M> {
    /// Gives a token to git's credential helper, so that git and git-lfs use it for this client's Hub. Nothing is sent to
    /// the Hub, and the token of this client stays what it is. Python: `set_access_token`, which always wrote to the helper
    /// `store`; this one gives it to the helper that git is configured with.
    ///
    /// # Errors
    /// [`Error::Auth`] for text that is not a token, and when git is not installed, has no helper or fails.
    pub fn set_access_token(&self, access_token: impl AsRef<str>) -> SetAccessTokenCall<M> {
        self.call(SetAccessToken { token: Token::new(access_token) })
    }

    /// Makes git's credential helper forget the token for this client's Hub; fine if it has none.
    /// Python: `unset_access_token`.
    ///
    /// # Errors
    /// [`Error::Auth`] when git is not installed or fails.
    pub fn unset_access_token(&self) -> UnsetAccessTokenCall<M> {
        self.call(UnsetAccessToken::default())
    }
}
