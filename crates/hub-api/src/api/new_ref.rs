//! Making and removing a ref although a response was lost: what branches and tags have in common.

use hub_transport::{Claims, Done, Endpoint, Error, ErrorKind, Transport};
use hub_types::{GitRefInfo, GitRefs, RepoInfo, RepoRef, Revision};

use super::{info::GetInfo, new_repo::silent, refs::ListRefs};

/// A branch or a tag by name.
pub(super) struct RefName<'a> {
    /// `branch` or `tag`.
    pub(super) kind: &'static str,
    pub(super) repo: &'a RepoRef,
    pub(super) name: &'a str,
    /// The list that it is in.
    pub(super) list: fn(GitRefs) -> Vec<GitRefInfo>,
}

impl RefName<'_> {
    /// The name under which it is claimed, and under which its calls take turns.
    fn claim(&self) -> String {
        format!("{} {} of {}", self.kind, self.name, self.repo)
    }

    /// The commit that it leads to, if it is there.
    async fn target(&self, transport: &Transport) -> Result<Option<String>, Error> {
        let refs = transport.send(&ListRefs::of(self.repo)).await?;
        // The name as it was given: Python compares the encoded one and misses every branch with a slash.
        let found = (self.list)(refs).into_iter().find(|found| found.name == self.name);
        Ok(found.map(|found| found.target_commit))
    }

    /// Whether it leads to the commit of `revision`.
    async fn leads_to(&self, transport: &Transport, target: &str, revision: Option<&Revision>) -> bool {
        let info = match revision {
            Some(revision) => GetInfo::<RepoInfo>::at(self.repo, revision),
            None => GetInfo::new(self.repo.into()),
        };
        transport.send(&info).await.is_ok_and(|info| info.sha().is_some_and(|sha| sha == target))
    }

    /// Makes it with `create`, at `revision`.
    ///
    /// When a response was lost, it is looked up: one that leads where it should was made by this call or might as well
    /// have been; when there is none, `create` is sent once more.
    pub(super) async fn create<E: Endpoint<Output = Done>>(
        &self,
        transport: &Transport,
        create: &E,
        revision: Option<&Revision>,
        exist_ok: bool,
    ) -> Result<(), crate::Error> {
        let claim = self.claim();
        let _turn = crate::api::turn(transport, &claim).await;
        let owner = Claims::owner(&**transport.rng());
        // Whether an attempt may have made it although no response said so.
        let mut unknown = false;
        loop {
            let error = match transport.send(create).await {
                Ok(Done::Said) => {
                    transport.claims().claim_anew(&claim, &owner);
                    return Ok(());
                }
                Ok(Done::Silent) => silent(create),
                Err(error) => error,
            };
            if error.kind() == ErrorKind::Conflict && exist_ok {
                return Ok(());
            }
            let lost = error.maybe_processed();
            // Without the right to make it, it may be there all the same.
            let look = lost || unknown || (exist_ok && error.kind() == ErrorKind::Forbidden);
            if !look {
                return Err(error.into());
            }
            // What one attempt has left open no later response settles.
            let error = if unknown { error.in_doubt() } else { error };
            let hint = match self.target(transport).await {
                Ok(Some(_)) if exist_ok => return Ok(()),
                Ok(Some(_)) if transport.claims().is_anothers(&claim, &owner) => {
                    "it exists: another call has made it"
                }
                Ok(Some(target)) if self.leads_to(transport, &target, revision).await => {
                    transport.claims().claim_anew(&claim, &owner);
                    return Ok(());
                }
                // The revision may have moved since an attempt made it.
                Ok(Some(_)) if unknown => {
                    "it exists, but leads to another commit; this call may have made it"
                }
                Ok(Some(_)) => "it exists, but leads to another commit",
                // The name is free: at most one of two attempts can have it.
                Ok(None) if lost && !unknown && transport.may_repeat() => {
                    unknown = true;
                    continue;
                }
                Ok(None) if lost || unknown => {
                    "an attempt of this call may still make it: look before you try again"
                }
                Ok(None) => return Err(error.into()),
                Err(_) => "an attempt of this call may have made it; it could not be looked up",
            };
            return Err(error.with_hint(hint).into());
        }
    }

    /// Removes it with `delete`.
    ///
    /// When the response was lost and it is still there, it is not removed again: it may be a new one of that name.
    pub(super) async fn delete<E: Endpoint<Output = Done>>(
        &self,
        transport: &Transport,
        delete: &E,
    ) -> Result<(), crate::Error> {
        let claim = self.claim();
        let _turn = crate::api::turn(transport, &claim).await;
        let doubt = match transport.send(delete).await {
            Ok(Done::Said) => None,
            Ok(Done::Silent) => Some(silent(delete)),
            Err(error) if error.maybe_processed() => Some(error),
            Err(error) => return Err(error.into()),
        };
        if let Some(error) = doubt {
            let gone = error.kind() == ErrorKind::RevisionNotFound
                || matches!(self.target(transport).await, Ok(None));
            if !gone {
                return Err(error.with_hint("it is still there, or could not be looked up").into());
            }
        }
        transport.claims().release(|made| made == claim);
        Ok(())
    }
}
