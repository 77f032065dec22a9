//! The data folder of one person: `local:DIR` needs no account.

use std::path::Path;

use hub_types::RepoId;

use crate::{
    EmbeddedHub, OpenError, TokenRole,
    reserved::is_reserved,
    signed::read_private,
    store::{random_hex, write_private},
};

const TOKEN_FILE: &str = "token";

/// A hub over a folder of one's own, with the account that owns it.
#[derive(Clone)]
#[non_exhaustive]
pub struct OwnHub {
    /// The hub.
    pub hub: EmbeddedHub,
    /// The account name: the namespace of new repositories.
    pub user: String,
    /// The secret text of a token that may do everything. It is also in the file `token` of the folder, which only its
    /// owner may read.
    pub token: String,
}

impl std::fmt::Debug for OwnHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnHub").field("hub", &self.hub).field("user", &self.user).finish_non_exhaustive()
    }
}

impl EmbeddedHub {
    /// Opens the hub in `dir` for the person who owns the folder. Blocks on the disk.
    ///
    /// The first time, a user is made whose name is the login name of the folder's owner (`user` where that cannot be
    /// an account name), and a token for it. Later the same user and token come back.
    ///
    /// # Errors
    /// As [`crate::Builder::build`], and when the file `token` holds a token that the folder does not know.
    pub fn open_local(dir: impl AsRef<Path>) -> Result<OwnHub, OpenError> {
        let dir = dir.as_ref();
        let hub = Self::open(dir).build()?;
        let path = dir.join(TOKEN_FILE);
        if let Some(token) = read_private(&path)? {
            return match hub.store().authenticate(&token)? {
                Some(identity) => Ok(OwnHub { hub, user: identity.user.name, token }),
                None => Err(OpenError::BadTokenFile { path }),
            };
        }
        let user = account_name(login_name(dir).as_deref().unwrap_or_default());
        let token = format!("hf_{}", random_hex::<32>()?);
        hub.store().add_user(&user, None, None)?;
        // Known before it is written: a crash in between leaves no file with a token that is not valid.
        hub.store().add_token(
            &user,
            &format!("local-{}", random_hex::<4>()?),
            &token,
            TokenRole::Admin,
            None,
        )?;
        write_private(&path, token.as_bytes())?;
        Ok(OwnHub { hub, user, token })
    }
}

/// The login name of the folder's owner, from the system's list of users.
#[cfg(unix)]
fn login_name(dir: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    crate::store::user_name(std::fs::metadata(dir).ok()?.uid())
}

#[cfg(not(unix))]
fn login_name(_: &Path) -> Option<String> {
    None
}

/// A login name as an account name: what the rules forbid becomes `-`, and `user` stands for what is left empty.
fn account_name(login: &str) -> String {
    let mut name = String::new();
    for c in login.chars() {
        let c = if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' };
        if !(matches!(c, '-' | '.') && name.ends_with(['-', '.'])) {
            name.push(c);
        }
    }
    let name = name.trim_matches(['-', '.']);
    match RepoId::new(name, "x") {
        Ok(_) if name.len() <= 42 && !is_reserved(name) => name.to_owned(),
        _ => "user".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn login_names_become_account_names() {
        let cases = [
            ("ada", "ada"),
            ("Ada.Lovelace", "Ada.Lovelace"),
            ("CORP\\ada", "CORP-ada"),
            ("ada--b", "ada-b"),
            ("-ada.", "ada"),
            ("", "user"),
            ("models", "user"),
            ("åß", "user"),
        ];
        for (login, expected) in cases {
            assert_eq!(account_name(login), expected, "{login}");
        }
    }

    proptest! {
        #[test]
        fn every_login_name_gives_a_valid_namespace(login in ".{0,60}") {
            prop_assert!(RepoId::new(&account_name(&login), "x").is_ok());
        }
    }
}
