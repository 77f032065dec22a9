//! [`AdminRequest`]: what those who run the Hub can ask for.

use std::path::PathBuf;

use hub_types::RepoType;
use serde::{Deserialize, Serialize};

use crate::{OrgRole, TokenRole};

/// What those who run the Hub can ask for, and the JSON value that comes of it. Times are texts in UTC, as in the API; sizes are bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum AdminRequest {
    /// A list of `name`, `fullname`, `email`, `created_at`, `disabled`, `repositories` (their number), `quota`, `private_by_default`.
    ListUsers,
    /// `name`
    CreateUser {
        /// The name, which no account has.
        name: String,
        /// Name in full.
        fullname: Option<String>,
        /// E-mail address.
        email: Option<String>,
    },
    /// `name`, `disabled`. The tokens of a user who is switched off are refused.
    DisableUser {
        /// The user.
        name: String,
        /// Off, or on again.
        disabled: bool,
    },
    /// `deleted`, the name. For a user without repositories.
    DeleteUser {
        /// The user.
        name: String,
    },
    /// A list of `name`, `fullname`, `created_at`, `repositories` (their number), `quota`, `private_by_default`.
    ListOrgs,
    /// `name`
    CreateOrg {
        /// The name, which no account has.
        name: String,
        /// Name in full.
        fullname: Option<String>,
    },
    /// `deleted`, the name. For an organisation without repositories.
    DeleteOrg {
        /// The organisation.
        name: String,
    },
    /// `account`, `private_by_default`: whether new repositories are private unless it is said.
    SetPrivateByDefault {
        /// A user or an organisation.
        account: String,
        /// Private, or public.
        private: bool,
    },
    /// A list of `user`, `role`.
    ListMembers {
        /// The organisation.
        org: String,
    },
    /// `org`, `user`, `role`
    SetMember {
        /// The organisation.
        org: String,
        /// The user.
        user: String,
        /// What the user may do there; `None` ends the membership.
        role: Option<OrgRole>,
    },
    /// A list of `user`, `name`, `role`, `created_at`, `expires_at`, `expired`.
    ListTokens {
        /// Whose; `None` for everybody's.
        user: Option<String>,
    },
    /// `user`, `name`, `role`, `expires_at` and `token`: its text, which is said this once.
    CreateToken {
        /// Whose.
        user: String,
        /// A name that none of the user's tokens has.
        name: String,
        /// What it may do.
        role: TokenRole,
        /// Seconds until it is not valid any more; `None` for ever.
        valid_for: Option<u64>,
    },
    /// `user`, `revoked`, the name. It is refused from now on.
    RevokeToken {
        /// Whose.
        user: String,
        /// The name of the token.
        name: String,
    },
    /// A list of `id`, `repo_type`, `private`, `gated`, `disabled`, `created_at`.
    ListRepos,
    /// `id`, `repo_type`, `disabled`. See [`EmbeddedHub::disable`](crate::EmbeddedHub::disable).
    DisableRepo {
        /// Its kind.
        repo_type: RepoType,
        /// `namespace/name`
        repo_id: String,
        /// Off, or on again.
        disabled: bool,
    },
    /// `account`, `quota` (null: none), `used`: large files and git repositories.
    Quota {
        /// A user or an organisation.
        account: String,
    },
    /// As [`AdminRequest::Quota`], after the change.
    SetQuota {
        /// A user or an organisation.
        account: String,
        /// Bytes that its repositories may have together; `None` for any number.
        bytes: Option<u64>,
    },
    /// `repositories` and `large_files`, the numbers of what was looked at, and `problems`, a list of texts: empty when all is well.
    Fsck {
        /// Large files are compared by their sizes, and not read.
        quick: bool,
    },
    /// The numbers of [`GcReport`](crate::GcReport) under their names, and `failures`, a list of texts: empty when all was done. Looks at
    /// every repository and every large file, and removes what has been of no use for a day.
    Gc,
    /// `path`, how many `repositories`, `large_files`, `files` and `bytes` were copied, and `problems`, a list of texts: large files that are
    /// damaged or lost, and so they are in the backup. The backup is a data folder; everything that was acknowledged before is in it.
    Backup {
        /// An absolute path of a folder that is empty or not there. The process that has the data folder writes to it.
        to: PathBuf,
    },
}

impl AdminRequest {
    /// Whether it changes something that clients see.
    #[cfg(all(unix, feature = "serve"))]
    pub(crate) fn is_change(&self) -> bool {
        !matches!(
            self,
            Self::ListUsers
                | Self::ListOrgs
                | Self::ListMembers { .. }
                | Self::ListTokens { .. }
                | Self::ListRepos
                | Self::Quota { .. }
                | Self::Fsck { .. }
                | Self::Gc
                | Self::Backup { .. }
        )
    }

    /// Whether it may be the first thing that a data folder is made for.
    pub(super) fn founds(&self) -> bool {
        matches!(self, Self::CreateUser { .. } | Self::CreateOrg { .. })
    }
}
