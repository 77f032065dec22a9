//! [`GitCredential`]: the token as the password that git sends to the Hub, kept by git's own credential helper.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{Command, Output, Stdio};

use zeroize::Zeroizing;

use crate::error::AuthError;
use crate::token::Token;

/// The user name that goes with a token where git asks for one; the Hub looks at the password only.
const USERNAME: &str = "hf_user";

const GIVE: &str = "give the token to git";
const TAKE: &str = "take the token from git";
const LOOK: &str = "see how git keeps credentials";

/// What git knows of one Hub: `set_access_token` and `unset_access_token` of the Python client.
///
/// The token goes to the helper that git is configured with (`credential.helper`), through the standard input of
/// `git credential`: never through its arguments or its environment.
#[derive(Debug, Clone)]
pub struct GitCredential {
    endpoint: String,
    variables: Vec<(OsString, OsString)>,
}

impl GitCredential {
    /// The credential for the Hub at `endpoint`, such as `https://huggingface.co`.
    ///
    /// # Errors
    ///
    /// [`AuthError::Git`] if the endpoint is not an http or https URL, or has control characters.
    pub fn new(endpoint: impl Into<String>) -> Result<Self, AuthError> {
        let endpoint = endpoint.into();
        let is_http = ["https://", "http://"].iter().any(|scheme| endpoint.starts_with(scheme));
        if !is_http || endpoint.chars().any(char::is_control) {
            let reason = format!("{endpoint:?} is not a URL that git can use");
            return Err(AuthError::Git { action: GIVE, reason });
        }
        Ok(Self { endpoint, variables: Vec::new() })
    }

    /// Sets an environment variable for git alone, for example `HOME` or `GIT_CONFIG_GLOBAL`.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Whether git has a helper that would keep the credential, for all hosts or for this one.
    ///
    /// # Errors
    ///
    /// [`AuthError::Git`] if git is not installed or its configuration cannot be read.
    pub fn has_helper(&self) -> Result<bool, AuthError> {
        let arguments = ["config", "--get-urlmatch", "credential.helper", &self.endpoint];
        let output = self.run(LOOK, &arguments, "")?;
        match output.status.code() {
            Some(0) => Ok(output.stdout.iter().any(|byte| !byte.is_ascii_whitespace())),
            // The variable is not set.
            Some(1) => Ok(false),
            _ => Err(failed(LOOK, &output, None)),
        }
    }

    /// Gives the token to git's helper, replacing the one it has. Python: `set_access_token`.
    ///
    /// # Errors
    ///
    /// [`AuthError::Git`] if git is not installed, if it has no helper, and if it fails.
    pub fn approve(&self, token: &Token) -> Result<(), AuthError> {
        if !self.has_helper()? {
            let reason = "git has no credential helper; choose one, for example with \
                          `git config --global credential.helper store`";
            return Err(AuthError::Git { action: GIVE, reason: reason.to_owned() });
        }
        // A helper that has another password for the same user may keep both, and answer with the older one.
        self.reject()?;
        let endpoint = &self.endpoint;
        let input =
            Zeroizing::new(format!("url={endpoint}\nusername={USERNAME}\npassword={}\n\n", token.reveal()));
        let output = self.run(GIVE, &["credential", "approve"], &input)?;
        if output.status.success() { Ok(()) } else { Err(failed(GIVE, &output, Some(token))) }
    }

    /// Makes git's helper forget the token; fine if it has none. Python: `unset_access_token`.
    ///
    /// # Errors
    ///
    /// [`AuthError::Git`] if git is not installed or fails.
    pub fn reject(&self) -> Result<(), AuthError> {
        let input = format!("url={}\nusername={USERNAME}\n\n", self.endpoint);
        let output = self.run(TAKE, &["credential", "reject"], &input)?;
        if output.status.success() { Ok(()) } else { Err(failed(TAKE, &output, None)) }
    }

    fn run(&self, action: &'static str, arguments: &[&str], input: &str) -> Result<Output, AuthError> {
        let failure = |error: io::Error| {
            let reason = match error.kind() {
                io::ErrorKind::NotFound => "git is not installed, or not in PATH".to_owned(),
                _ => format!("git does not run: {error}"),
            };
            AuthError::Git { action, reason }
        };
        let mut child = Command::new("git")
            .args(arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            // A helper that wants to ask somebody must fail instead of waiting.
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failure)?;
        let written = match child.stdin.take() {
            Some(mut stdin) => stdin.write_all(input.as_bytes()),
            None => Ok(()),
        };
        let output = child.wait_with_output().map_err(failure)?;
        match written {
            // git ended before it read everything: its status says why.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(failure(error)),
            _ => Ok(output),
        }
    }
}

/// The first line that git wrote, without the token should a helper have repeated it.
fn failed(action: &'static str, output: &Output, token: Option<&Token>) -> AuthError {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let said: String = match token {
        Some(token) => line.replace(token.reveal(), "***"),
        None => line.to_owned(),
    };
    let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
    AuthError::Git { action, reason: format!("git ended with {}: {said}", output.status) }
}
