//! The signed URLs of LFS objects.

use http::StatusCode;
use hub_types::lfs::{self, Action, Actions, BatchObject, CHUNK_SIZE, ObjectError, ObjectId};

use crate::{
    api_error::ApiError,
    context::{Context, Inner},
    disposition::Disposition,
    route::lfs_link::LfsLink,
    signed::{Grant, LIFETIME, LinkAction, now},
    store::{CommitId, RepoRecord},
};

/// Objects above this size go in parts, unless the repository has its own limit.
const MULTIPART_THRESHOLD: u64 = 5_000_000_000;
const PART_SIZE: u64 = 16 << 20;
/// Each part has a URL in the response to the batch, so that many parts of many objects would make it large.
const MAX_PARTS: u64 = 1_000;

/// URLs of the objects of one repository.
pub(crate) struct Links {
    pub(crate) context: Context,
    pub(crate) repo: RepoRecord,
}

impl Links {
    /// The URL to get an object from, as a file of a commit with its name, or for itself.
    pub(crate) fn content(
        &self,
        hub: &Inner,
        oid: &str,
        size: u64,
        file: Option<(CommitId, Disposition)>,
    ) -> Action {
        let (commit, disposition) = file.map(|(commit, one)| (commit.to_string(), one)).unzip();
        let download = LinkAction::Download { commit, disposition };
        self.action(hub, &LfsLink::Object(oid.to_owned()), oid, size, download)
    }

    fn action(&self, hub: &Inner, link: &LfsLink, oid: &str, size: u64, action: LinkAction) -> Action {
        let lifetime = if self.context.expired_links { 0 } else { LIFETIME.as_secs() };
        let grant = Grant { action, oid: oid.to_owned(), size };
        let query = hub.signer.query(&self.repo, &grant, now() + lifetime);
        let web = self.repo.repo.web_path();
        Action::new(self.context.absolute(&format!("{web}.git/info/lfs/{link}?{query}")))
            .expires_in(LIFETIME.as_secs())
    }

    pub(super) fn download(&self, hub: &Inner, object: ObjectId) -> Result<BatchObject, ApiError> {
        let ObjectId { oid, size, .. } = object;
        if hub.store.lfs().has(&self.repo, &oid)? != Some(size) {
            return Ok(refused(oid, size, StatusCode::NOT_FOUND, "the object does not exist"));
        }
        let actions = Actions::new().download(self.content(hub, &oid, size, None));
        Ok(BatchObject::new(oid, size).authenticated(true).actions(actions))
    }

    /// Refuses uploads for which the namespace has no room. What is there already takes none.
    pub(super) fn must_have_room(&self, hub: &Inner, objects: &[ObjectId]) -> Result<(), ApiError> {
        let files: Vec<_> = objects.iter().map(|object| (object.oid.as_str(), object.size)).collect();
        Ok(hub.store.must_have_room_for(&self.repo, &files)?)
    }

    pub(super) fn upload(
        &self,
        hub: &Inner,
        object: ObjectId,
        in_parts: bool,
        xet: Option<&Action>,
    ) -> Result<BatchObject, ApiError> {
        let ObjectId { oid, size, .. } = object;
        let unfit = StatusCode::UNPROCESSABLE_ENTITY;
        if !lfs::is_oid(&oid) {
            return Ok(refused(oid, size, unfit, "the oid must be 64 lower-case hexadecimal digits"));
        }
        match hub.store.lfs().promise(&self.repo, &oid)? {
            Some(stored) if stored != size => {
                return Ok(refused(oid, size, unfit, "the object is known with another size"));
            }
            Some(_) if hub.store.whole(&self.repo, &oid)?.is_some() => {
                return Ok(BatchObject::new(oid, size));
            }
            // What is damaged or lost comes again.
            _ => {}
        }
        if let Some(action) = xet {
            let actions = Actions::new().upload(action.clone());
            return Ok(BatchObject::new(oid, size).authenticated(true).actions(actions));
        }
        let threshold = self.repo.lfs_multipart_threshold.unwrap_or(MULTIPART_THRESHOLD);
        let upload = if in_parts && size > threshold {
            self.multipart(hub, &oid, size, threshold)?
        } else {
            self.action(hub, &LfsLink::Object(oid.clone()), &oid, size, LinkAction::Upload)
        };
        let verify = self.action(hub, &LfsLink::Verify, &oid, size, LinkAction::Verify);
        let actions = Actions::new().upload(upload).verify(verify);
        Ok(BatchObject::new(oid, size).authenticated(true).actions(actions))
    }

    fn multipart(&self, hub: &Inner, oid: &str, size: u64, threshold: u64) -> Result<Action, ApiError> {
        let chunk_size = PART_SIZE.min(threshold.max(1)).max(size.div_ceil(MAX_PARTS));
        let upload = hub.store.lfs().begin_upload(&self.repo, oid, size, chunk_size)?;
        let complete = LinkAction::Complete { upload: upload.clone() };
        let mut action = self.action(hub, &LfsLink::Complete(oid.to_owned()), oid, size, complete);
        action.header.insert(CHUNK_SIZE.to_owned(), chunk_size.to_string());
        for number in 1..=u32::try_from(size.div_ceil(chunk_size)).unwrap_or(u32::MAX) {
            let part = LinkAction::Part { upload: upload.clone(), number };
            let link = LfsLink::Part(oid.to_owned(), number);
            let href = self.action(hub, &link, oid, size, part).href;
            action.header.insert(number.to_string(), href);
        }
        Ok(action)
    }
}

fn refused(oid: String, size: u64, code: StatusCode, message: &str) -> BatchObject {
    BatchObject::new(oid, size).error(ObjectError::new(code.as_u16(), message))
}
