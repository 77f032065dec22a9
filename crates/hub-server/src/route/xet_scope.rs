//! What a token for the store of Xet is good for.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header::AUTHORIZATION};
use hub_types::Revision;
use serde::{Deserialize, Serialize};

use super::{
    cas::CasPath,
    exceptions,
    rights::{self, Access},
    table::Needs,
};
use crate::{
    api_error::ApiError,
    signed::{Purpose, Signer, now},
    store::{Store, TokenRole},
};
use hub_xet::wire::CasRoute;

/// Begins every token, so that it is known for what it is where it should not be.
const PREFIX: &str = "xet_";

/// Which repository a token is for, and what it allows. It stands in the token, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct XetScope {
    /// The `_id` of the repository, which no other one ever has.
    repo: String,
    /// Whether it is for writing, which reading is part of.
    write: bool,
    /// Whether what is written is for a pull request that is yet to be made.
    create_pr: bool,
    revision: String,
    /// Who asked for it; nobody for what everybody may read.
    user: Option<i64>,
    /// Name of the token that was asked with, and what it may do. It must be there still.
    token: Option<String>,
    role: Option<String>,
    /// Until when it is good, in seconds since 1970.
    pub(crate) expires: u64,
}

impl XetScope {
    /// What the caller of a token route gets.
    pub(crate) fn new(
        access: &Access,
        write: bool,
        create_pr: bool,
        revision: &Revision,
        expires: u64,
    ) -> Self {
        let caller = access.caller.as_ref();
        Self {
            repo: access.repo.internal_id.clone(),
            write,
            create_pr,
            revision: revision.as_str().to_owned(),
            user: caller.map(|caller| caller.user.key),
            token: caller.map(|caller| caller.token_name.clone()),
            role: caller.map(|caller| caller.role.as_str().to_owned()),
            expires,
        }
    }

    /// The token.
    pub(crate) fn to_token(&self, signer: &Signer) -> String {
        // It has only texts and numbers, which can always be written.
        let text = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default());
        let signature = hub_types::hex::encode(&signer.sign(Purpose::Token, &text));
        format!("{PREFIX}{text}.{signature}")
    }

    fn from_token(signer: &Signer, token: &str) -> Option<Self> {
        let (text, signature) = token.strip_prefix(PREFIX)?.split_once('.')?;
        if !signer.has_signed(Purpose::Token, text, signature) {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

/// Lets a request through to the store. What the token was given for must be allowed to its user still.
///
/// # Errors
/// 401 for a token that is none, or has expired; 403 for one that only reads, or whose user has lost the right; 404 for a
/// repository that is gone.
pub(crate) fn admit(
    (store, signer): (&Store, &Signer),
    headers: &HeaderMap,
    path: &CasPath,
    needs: Needs,
) -> Result<Access, ApiError> {
    let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let token = header.and_then(rights::secret).ok_or_else(ApiError::sign_in)?;
    let scope = XetScope::from_token(signer, &token).ok_or_else(ApiError::bad_token)?;
    if scope.expires <= now() {
        return Err(ApiError::expired_token());
    }
    if needs == Needs::XetWrite && !scope.write {
        return Err(ApiError::forbidden("this token of Xet only reads: ask for one that writes"));
    }
    let role = scope.role.as_deref().and_then(TokenRole::from_word).unwrap_or(TokenRole::Read);
    let token = scope.token.as_deref().unwrap_or_default();
    let caller = match scope.user {
        Some(user) => Some(store.identity(user, token, role)?.ok_or_else(ApiError::bad_token)?),
        None => None,
    };
    let found = store.repo_by_internal_id(&scope.repo)?;
    let repo = found.filter(|repo| rights::sees(caller.as_ref(), repo));
    let repo = repo.ok_or_else(|| ApiError::repo_not_found(false))?;
    if repo.disabled {
        return Err(ApiError::disabled());
    }
    let access = Access { caller, repo };
    // Whoever proposes changes to a gated repository may upload, and not read.
    let only_asks = matches!(path, CasPath::Route(CasRoute::Chunk(_)));
    if needs == Needs::XetWrite || (scope.write && only_asks) {
        let revision: Revision = scope.revision.parse()?;
        exceptions::may_commit(store, &access, &revision, scope.create_pr)?;
    } else {
        access.must(Needs::Files)?;
    }
    Ok(access)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_by_who_signed_it_and_only_whole() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let signer = Signer::open(dir.path()).unwrap();
        let scope = XetScope {
            repo: "a".into(),
            write: true,
            create_pr: false,
            revision: "main".into(),
            user: Some(1),
            token: Some("laptop".into()),
            role: Some("write".into()),
            expires: 7,
        };
        let token = scope.to_token(&signer);
        assert_eq!(XetScope::from_token(&signer, &token), Some(scope.clone()));
        assert_eq!(XetScope::from_token(&Signer::open(other.path()).unwrap(), &token), None);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(XetScope::from_token(&signer, &changed), None, "{at}");
        }
    }
}
