//! What those who run the Hub do with it: accounts, tokens, repositories, checks and backups.
//!
//! [`AdminRequest`] says what, [`EmbeddedHub::administer`] does it, and [`Admin`] finds out whether a server has the data folder, and then asks
//! that server over a socket in the folder, which only the folder's owner reaches.

#[cfg(unix)]
mod address;
mod error;
mod folder;
mod request;
#[cfg(all(unix, feature = "serve"))]
pub(crate) mod socket;

pub use error::{AdminError, AdminErrorKind};
pub use folder::Admin;
pub use request::AdminRequest;

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::{
    EmbeddedHub, GcOptions,
    handler::timestamp,
    store::{AccountSettings, Copied, Stop, Store, StoreError, restore, token_end},
};

impl EmbeddedHub {
    /// Does what those who run the Hub ask for. Blocks on the disk, a check or a backup for long.
    ///
    /// The value of each request is described at [`AdminRequest`].
    ///
    /// # Errors
    /// With the kind that says whose mistake it is.
    pub fn administer(&self, request: &AdminRequest) -> Result<Value, AdminError> {
        self.administer_until(request, Stop::default())
    }

    /// As [`administer`](Self::administer); long work ends when `stop` says so.
    pub(crate) fn administer_until(&self, request: &AdminRequest, stop: Stop) -> Result<Value, AdminError> {
        let store = self.store();
        let done = match request {
            AdminRequest::ListUsers => list(store, false),
            AdminRequest::ListOrgs => list(store, true),
            AdminRequest::CreateUser { name, fullname, email } => store
                .create_account(name, false, fullname.as_deref(), email.as_deref())
                .map(|made| json!({"name": made.name})),
            AdminRequest::CreateOrg { name, fullname } => {
                store.create_account(name, true, fullname.as_deref(), None).map(|made| json!({"name": made.name}))
            }
            AdminRequest::DisableUser { name, disabled } => store
                .disable_user(name, *disabled)
                .map(|user| json!({"name": user.name, "disabled": disabled})),
            AdminRequest::DeleteUser { name } => {
                store.delete_account(name, false).map(|gone| json!({"deleted": gone.name}))
            }
            AdminRequest::DeleteOrg { name } => {
                store.delete_account(name, true).map(|gone| json!({"deleted": gone.name}))
            }
            AdminRequest::SetPrivateByDefault { account, private } => store
                .set_private_default(account, *private)
                .map(|()| json!({"account": account, "private_by_default": private})),
            AdminRequest::ListMembers { org } => store.members(org).map(|members| {
                members.iter().map(|(user, role)| json!({"user": user.name, "role": role})).collect()
            }),
            AdminRequest::SetMember { org, user, role: Some(role) } => store
                .add_member(org, user, *role)
                .map(|()| json!({"org": org, "user": user, "role": role})),
            AdminRequest::SetMember { org, user, role: None } => {
                store.remove_member(org, user).map(|()| json!({"org": org, "user": user, "role": null}))
            }
            AdminRequest::ListTokens { user } => tokens(store, user.as_deref()),
            AdminRequest::CreateToken { user, name, role, valid_for } => {
                let expires = token_end(name, *valid_for).map_err(AdminError::invalid)?;
                store.issue_token(user, name, *role, expires).map(|secret| {
                    json!({"user": user, "name": name, "role": role, "expires_at": expires.map(timestamp), "token": secret})
                })
            }
            AdminRequest::RevokeToken { user, name } => {
                store.revoke_token(user, name).map(|()| json!({"user": user, "revoked": name}))
            }
            AdminRequest::ListRepos => repositories(store),
            AdminRequest::DisableRepo { repo_type, repo_id, disabled } => {
                let id = repo_id.parse().map_err(|error: hub_types::ParseError| AdminError::invalid(error.to_string()))?;
                let repo = hub_types::RepoRef::new(*repo_type, id);
                let missing = || StoreError::RepoNotFound { repo: repo.to_string() };
                store
                    .find_repo(&repo)
                    .and_then(|found| {
                        let found = found.ok_or_else(missing)?;
                        store.set_disabled(&found, *disabled)?;
                        Ok(found)
                    })
                    .map(|found| {
                        json!({"id": found.repo.id.to_string(), "repo_type": repo_type.singular(), "disabled": disabled})
                    })
            }
            AdminRequest::Quota { account } => storage(store, account),
            AdminRequest::SetQuota { account, bytes } => {
                store.set_quota(account, *bytes).and_then(|()| storage(store, account))
            }
            AdminRequest::Fsck { quick } => store.fsck(self.git_program(), *quick, &stop).map(|checked| {
                json!({
                    "repositories": checked.repos, "large_files": checked.large_files, "problems": checked.problems,
                })
            }),
            AdminRequest::Gc => return collect(self),
            AdminRequest::Backup { to } => {
                // What the copied database names must not be collected before it is copied.
                let _paused = self.inner().pause_collecting();
                store.backup(to, stop).map(|copied| {
                    for problem in &copied.problems {
                        tracing::error!(problem, "a large file is damaged or lost, and so it is in the backup");
                    }
                    describe(to, copied)
                })
            }
        };
        Ok(done?)
    }
}

/// Waits for a collection of garbage. Not for a thread that runs asynchronous work.
fn collect(hub: &EmbeddedHub) -> Result<Value, AdminError> {
    let gc = hub.gc(GcOptions::new().everything());
    let report = match Handle::try_current() {
        Ok(runtime) => runtime.block_on(gc),
        Err(_) => tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| AdminError::failed("garbage cannot be collected", &error))?
            .block_on(gc),
    }?;
    Ok(json!({
        "repositories": report.repositories, "repacked": report.repacked, "files_packed": report.files_packed,
        "git_objects": report.git_objects, "git_bytes": report.git_bytes, "lfs_objects": report.lfs_objects,
        "lfs_bytes": report.lfs_bytes, "xorbs": report.xorbs, "xorb_bytes": report.xorb_bytes,
        "uploads": report.uploads, "busy": report.busy, "failures": report.failures,
    }))
}

/// Puts a backup into the folder `to`, which must be empty or not be there, and opens it once, with the key of its secrets in `secret_key`
/// where that is not in the backup. Blocks on the disk. Gives what [`AdminRequest::Backup`] gives.
///
/// # Errors
/// When `backup` is no whole backup, `to` is not empty, or the key is missing or another one.
pub fn restore_backup(backup: &Path, to: &Path, secret_key: Option<&Path>) -> Result<Value, AdminError> {
    if secret_key.is_none() && backup.join("version").exists() && !backup.join("secret.key").exists() {
        return Err(AdminError::invalid(
            "the backup is without the key of the secrets of Spaces, which was kept elsewhere: name that file",
        ));
    }
    let copied = restore(backup, to, secret_key, Stop::default())?;
    Ok(describe(to, copied))
}

fn describe(path: &Path, copied: Copied) -> Value {
    let Copied { repos, large_files, files, bytes, problems } = copied;
    json!({
        "path": path, "repositories": repos, "large_files": large_files, "files": files, "bytes": bytes,
        "problems": problems,
    })
}

fn list(store: &Store, is_org: bool) -> Result<Value, StoreError> {
    let all = store.accounts(is_org)?;
    let each = |AccountSettings { account, disabled, quota, repos, private_default }: AccountSettings| {
        let mut value = json!({
            "name": account.name, "fullname": account.fullname, "created_at": timestamp(account.created_at),
            "repositories": repos, "quota": quota, "private_by_default": private_default,
        });
        if !is_org && let Some(fields) = value.as_object_mut() {
            fields.insert("email".to_owned(), json!(account.email));
            fields.insert("disabled".to_owned(), json!(disabled));
        }
        value
    };
    Ok(all.into_iter().map(each).collect())
}

fn tokens(store: &Store, user: Option<&str>) -> Result<Value, StoreError> {
    let now = Timestamp::now();
    let all = store.tokens(user)?;
    Ok(all
        .into_iter()
        .map(|token| {
            json!({
                "user": token.user, "name": token.name, "role": token.role,
                "created_at": timestamp(token.created_at), "expires_at": token.expires.map(timestamp),
                "expired": token.expires.is_some_and(|end| end <= now),
            })
        })
        .collect())
}

fn repositories(store: &Store) -> Result<Value, StoreError> {
    let mut all = Vec::new();
    for repo in store.all_repos()? {
        all.push(json!({
            "id": repo.repo.id.to_string(), "repo_type": repo.repo.repo_type.singular(), "private": repo.private,
            "gated": repo.gated, "disabled": repo.disabled, "created_at": timestamp(repo.created_at),
        }));
    }
    Ok(all.into())
}

fn storage(store: &Store, account: &str) -> Result<Value, StoreError> {
    let (quota, used) = store.storage(account)?;
    Ok(json!({"account": account, "quota": quota, "used": used}))
}
