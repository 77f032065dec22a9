//! [`CommandSource`]: a token from a program that speaks git's protocol of credential helpers.

mod process;

use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::future::{Either, select};
use zeroize::Zeroizing;

use crate::error::AuthError;
use crate::source::{Grant, GrantFuture, TokenRequest, TokenSource};
use crate::token::Token;
use crate::token_origin::TokenOrigin;
use process::{Call, Running, Said};

/// How long the program may take, unless told otherwise.
const LIMIT: Duration = Duration::from_secs(30);

/// Asks a program for the token, in the words of git's credential helpers, so that any of those can be used:
///
/// ```text
/// $ PROGRAM ARGUMENTS get        standard input            standard output
///                                protocol=https            username=ada
///                                host=hub.example          password=hf_...
///                                (empty line)              password_expiry_utc=1790000000
/// ```
///
/// `password` is the token and `password_expiry_utc`, in seconds since 1970, its end. Other keys are passed over; without a password, or
/// with `quit=1`, there is no token. After a refusal by the server the program is called with `erase` and the refused
/// credential, and then with `get` again.
///
/// The program runs without a shell and in a process group of its own, and must not ask on the terminal. It may take 30 s
/// ([`CommandSource::time_limit`]) and write 64 KiB; then it is killed with all that it has started. What it writes to standard
/// error stands in the error if it fails, without the token.
#[derive(Debug)]
pub struct CommandSource {
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    protocol: &'static str,
    host: String,
    limit: Duration,
    /// The user name that came with the last token; the helper wants it back with a refused one.
    username: Mutex<Option<String>>,
}

impl CommandSource {
    /// The token for the Hub at `endpoint`, such as `https://huggingface.co`, from `program`: a path, or a name in `PATH`.
    ///
    /// # Errors
    ///
    /// [`AuthError::Source`] if the endpoint is not an http or https URL with a host.
    pub fn new(program: impl Into<OsString>, endpoint: &str) -> Result<Self, AuthError> {
        let parts = [("https://", "https"), ("http://", "http")]
            .into_iter()
            .find_map(|(start, protocol)| Some((protocol, endpoint.strip_prefix(start)?)));
        let host = parts.map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
        let host = host.map(|host| host.rsplit('@').next().unwrap_or_default());
        match (parts, host) {
            (Some((protocol, _)), Some(host))
                if !host.is_empty() && host.chars().all(|c| c.is_ascii_graphic()) =>
            {
                Ok(Self {
                    program: program.into(),
                    arguments: Vec::new(),
                    variables: Vec::new(),
                    protocol,
                    host: host.to_owned(),
                    limit: LIMIT,
                    username: Mutex::default(),
                })
            }
            _ => Err(AuthError::other(
                "a program can be asked for the token of an http or https URL with a host only",
            )),
        }
    }

    /// Adds an argument, before the one that says what is wanted.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets an environment variable for the program alone.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// How long the program may take for each call. Default 30 s.
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    fn name(&self) -> String {
        self.program.to_string_lossy().chars().filter(|c| !c.is_control()).take(200).collect()
    }

    /// One call of the program; it is killed when this is dropped.
    async fn call(
        &self,
        request: &TokenRequest,
        action: &str,
        credential: &str,
        secret: Option<Token>,
    ) -> Result<Said, AuthError> {
        let input = format!("protocol={}\nhost={}\n{credential}\n", self.protocol, self.host);
        let running = Running::default();
        let call = Call {
            program: self.program.clone(),
            arguments: self.arguments.iter().cloned().chain([action.into()]).collect(),
            variables: self.variables.clone(),
            input: Zeroizing::new(input),
            secret,
            running: running.share(),
        };
        let work = Box::pin(request.run_blocking(move || call.run()));
        let said = match select(work, request.runtime().sleep(self.limit)).await {
            Either::Left((said, _)) => said?.map_err(|reason| self.failed(action, &reason))?,
            Either::Right(_) => {
                let reason = format!("it took longer than {} s and was killed", self.limit.as_secs_f64());
                return Err(self.failed(action, &reason));
            }
        };
        drop(running);
        Ok(said)
    }

    fn failed(&self, action: &str, reason: &str) -> AuthError {
        AuthError::other(format!(
            "the program {} that is asked for the token ({action}): {reason}",
            self.name()
        ))
    }

    async fn get(&self, request: TokenRequest) -> Result<Grant, AuthError> {
        if let Some(refused) = request.refused() {
            self.erase(&request, refused).await;
        }
        let said = self.call(&request, "get", "", request.refused().cloned()).await?;
        let Some(password) = said.value("password").filter(|_| said.value("quit") != Some("1")) else {
            return Ok(Grant::none());
        };
        let origin = TokenOrigin::Other(format!("the program {}", self.name()));
        let Some(token) = Token::parse(password, origin)? else { return Ok(Grant::none()) };
        let grant = Grant::new(token);
        *self.username.lock().unwrap_or_else(PoisonError::into_inner) =
            said.value("username").map(str::to_owned);
        match said.value("password_expiry_utc") {
            None => Ok(grant),
            Some(text) => match text.parse::<u64>() {
                // A time that no clock can reach is no limit.
                Ok(seconds) => {
                    let end = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
                    Ok(end.into_iter().fold(grant, Grant::until))
                }
                Err(_) => {
                    Err(self.failed("get", "password_expiry_utc is not a number of seconds since 1970"))
                }
            },
        }
    }

    /// Tells the program to forget the refused token. What goes wrong is told only: a new token is what counts.
    async fn erase(&self, request: &TokenRequest, refused: &Token) {
        let username = self.username.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let username = username.map(|name| format!("username={name}\n")).unwrap_or_default();
        let credential = Zeroizing::new(format!("{username}password={}\n", refused.reveal()));
        if let Err(error) = self.call(request, "erase", &credential, Some(refused.clone())).await {
            tracing::warn!(%error, "the refused token was not forgotten");
        }
    }
}

impl TokenSource for CommandSource {
    fn token(&self, request: TokenRequest) -> GrantFuture<'_> {
        Box::pin(self.get(request))
    }
}
