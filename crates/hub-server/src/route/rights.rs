//! Who is asking, and what they may do.

use http::{HeaderMap, header::AUTHORIZATION};
use hub_types::{RepoRef, base64};

use super::table::Needs;
use crate::{
    api_error::ApiError,
    store::{Identity, OrgRole, RepoRecord, Store, TokenRole},
};

/// A caller in front of a repository that it may see.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// Who asks; `None` for anonymous reads of public repositories.
    pub(crate) caller: Option<Identity>,
    /// What is asked for.
    pub(crate) repo: RepoRecord,
}

impl Access {
    /// The caller of a request that needs one.
    pub(crate) fn user(&self) -> Result<&Identity, ApiError> {
        self.caller.as_ref().ok_or_else(ApiError::sign_in)
    }

    /// Refuses who has not what is needed.
    ///
    /// The files of a gated repository are for the members of its namespace, for nobody can ask this hub for access.
    pub(crate) fn must(&self, needs: Needs) -> Result<(), ApiError> {
        match needs {
            Needs::Nothing | Needs::Sight => Ok(()),
            Needs::Token => self.user().map(drop),
            Needs::Files => {
                let caller = self.caller.as_ref();
                if reads_files(caller, &self.repo) {
                    return Ok(());
                }
                Err(ApiError::gated(caller.is_none(), &self.repo.repo.to_string()))
            }
            Needs::Contribute => may_write_at_all(self.user()?),
            // Into a namespace that is in the body, which is asked for when that was read: see `own_namespace`.
            Needs::WriteInNamespace => {
                may_write_at_all(self.user()?)?;
                self.must(Needs::Files)
            }
            Needs::Write => {
                let caller = self.user()?;
                may_write_at_all(caller)?;
                if writes(caller, &self.repo) {
                    return Ok(());
                }
                let repo = &self.repo.repo;
                Err(ApiError::forbidden(format!("You don't have the rights to change the {repo}")))
            }
            Needs::SignedUrl => Err(ApiError::forbidden("this URL needs a signature")),
            // Such a token is no user's: see `xet_scope`.
            Needs::XetRead | Needs::XetWrite => Err(ApiError::forbidden("this URL needs a token of Xet")),
        }
    }
}

/// Who sent the request; `None` without credentials.
///
/// # Errors
/// 401 for a token that is unknown or has expired: it is never treated as anonymous.
pub(crate) fn identify(store: &Store, headers: &HeaderMap) -> Result<Option<Identity>, ApiError> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let secret = header.to_str().ok().and_then(secret).ok_or_else(ApiError::bad_token)?;
    store.authenticate(&secret)?.map(Some).ok_or_else(ApiError::bad_token)
}

/// The token of `Bearer TOKEN`, or the password of `Basic`, as git and git-lfs send it with any user name.
pub(super) fn secret(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return (!rest.is_empty()).then(|| rest.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let text = String::from_utf8(base64::decode(rest).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        return (!user.is_empty() && !password.is_empty()).then(|| password.to_owned());
    }
    None
}

/// Lets a caller through to a repository, or answers as the Hub does.
///
/// A private repository answers a stranger precisely as a missing one.
pub(crate) fn admit(
    store: &Store,
    headers: &HeaderMap,
    repo: &RepoRef,
    needs: Needs,
) -> Result<Access, ApiError> {
    let caller = identify(store, headers)?;
    let record = store.find_repo(repo)?.filter(|record| sees(caller.as_ref(), record));
    let repo = record.ok_or_else(|| ApiError::repo_not_found(caller.is_none()))?;
    if repo.disabled {
        return Err(ApiError::disabled());
    }
    let access = Access { caller, repo };
    access.must(needs)?;
    Ok(access)
}

/// The caller of a request that names no repository in its path; none where nothing is needed, for a token that only
/// widens what is shown is looked at by what shows it.
pub(crate) fn enter(store: &Store, headers: &HeaderMap, needs: Needs) -> Result<Option<Identity>, ApiError> {
    if needs == Needs::Nothing {
        return Ok(None);
    }
    identify(store, headers)?.map(Some).ok_or_else(ApiError::sign_in)
}

/// The name that a missing repository has now, if it was moved and the caller may know of it.
pub(crate) fn moved_to(
    store: &Store,
    headers: &HeaderMap,
    repo: &RepoRef,
) -> Result<Option<RepoRef>, ApiError> {
    let Some(record) = store.moved_repo(repo)? else { return Ok(None) };
    let caller = identify(store, headers)?;
    Ok(sees(caller.as_ref(), &record).then_some(record.repo))
}

/// Refuses tokens that only read.
fn may_write_at_all(caller: &Identity) -> Result<(), ApiError> {
    if caller.role == TokenRole::Read {
        return Err(ApiError::forbidden(
            "You must use a write token for this; the token that was sent only reads",
        ));
    }
    Ok(())
}

/// Whether the caller may know that the repository exists.
pub(crate) fn sees(caller: Option<&Identity>, repo: &RepoRecord) -> bool {
    !repo.private || caller.is_some_and(|caller| role_in(caller, namespace(repo)).is_some())
}

/// Whether the caller, who sees the repository, may read its files.
pub(crate) fn reads_files(caller: Option<&Identity>, repo: &RepoRecord) -> bool {
    repo.gated.is_none() || caller.is_some_and(|caller| role_in(caller, namespace(repo)).is_some())
}

/// Whether the caller may change the repository, given a token that writes.
fn writes(caller: &Identity, repo: &RepoRecord) -> bool {
    match role_in(caller, namespace(repo)) {
        Some(OrgRole::Admin | OrgRole::Write) => true,
        Some(OrgRole::Contributor) => repo.creator == caller.user.key,
        Some(OrgRole::Read) | None => false,
    }
}

/// The name under which the caller may make repositories in `namespace`, or 403.
pub(crate) fn own_namespace(caller: &Identity, namespace: &str) -> Result<String, ApiError> {
    may_write_at_all(caller)?;
    let org = caller.orgs.iter().map(|membership| &membership.org);
    let canonical = std::iter::once(&caller.user).chain(org).find(|a| a.name.eq_ignore_ascii_case(namespace));
    match (canonical, role_in(caller, namespace)) {
        (Some(account), Some(OrgRole::Admin | OrgRole::Write | OrgRole::Contributor)) => {
            Ok(account.name.clone())
        }
        _ => Err(ApiError::forbidden(format!(
            "You don't have the rights to create a repository under the namespace \"{namespace}\""
        ))),
    }
}

/// What the caller is in a namespace: everything in its own, its role in an organisation's.
fn role_in(caller: &Identity, namespace: &str) -> Option<OrgRole> {
    if caller.user.name.eq_ignore_ascii_case(namespace) {
        return Some(OrgRole::Admin);
    }
    let membership = caller.orgs.iter().find(|m| m.org.name.eq_ignore_ascii_case(namespace))?;
    Some(membership.role)
}

fn namespace(repo: &RepoRecord) -> &str {
    repo.repo.id.namespace().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_read_from_both_schemes() {
        let basic = format!("Basic {}", base64::encode(b"anybody:hf_x"));
        let cases = [
            ("Bearer hf_x", Some("hf_x")),
            ("bearer  hf_x", Some("hf_x")),
            (basic.as_str(), Some("hf_x")),
            ("Basic !!!", None),
            ("Bearer ", None),
            ("hf_x", None),
            ("Digest hf_x", None),
        ];
        for (header, expected) in cases {
            assert_eq!(secret(header).as_deref(), expected, "{header}");
        }
        for wrong in ["nocolon", ":hf_x", "user:"] {
            assert_eq!(secret(&format!("Basic {}", base64::encode(wrong.as_bytes()))), None, "{wrong}");
        }
    }
}
