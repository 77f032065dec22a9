//! From the files of a form to a commit: each is decided about as the API decides, and large ones go where the API puts them.

use std::collections::HashSet;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use http_body::Frame;
use http_body_util::StreamBody;
use hub_types::{
    SafeRelPath, base64,
    commit::{CommitLine, InlineFileLine, LfsFile},
    preupload::{PreuploadFile, UploadMode},
};

use super::{
    commit_form::{self, CommitFields},
    multipart::{FilePart, Multipart},
    request::Request,
};
use crate::{
    BoxError,
    api_error::ApiError,
    body::{self, Incoming},
    handler::{commit_plan::MAX_INLINE, lfs::upload_error, preupload::Rules},
    route::rights::Access,
    store::{Arrived, CommitId, LfsError, Room},
};

/// Most files of one form.
pub(super) const MOST_FILES: usize = 1_000;
/// The largest `.gitattributes` or `.gitignore` that decides about the files beside it.
const MOST_RULES: u64 = 1 << 20;
/// Bytes that are written in base64 at a time: a multiple of 3, so that the texts can stand one after the other.
const PIECE: u64 = 48 << 10;

/// Files that have come whole, at their paths.
pub(super) struct Taken {
    files: Vec<(String, Arrived)>,
    room: Option<Room>,
}

/// Files of which is known what becomes of them.
pub(super) struct Ready {
    regular: Vec<(String, Arrived)>,
    large: Vec<(String, Arrived)>,
    left_out: Vec<String>,
    room: Option<Room>,
}

/// Receives all files of a form, which has `length` bytes. Nothing of them is in the repository then, and nothing is left of them
/// where this fails.
///
/// # Errors
/// 400 for a form that breaks off, that has no files, or files of names that cannot be; 413 where there is no room.
pub(super) async fn take<'b>(
    request: &Request,
    access: &Access,
    (form, first): (&mut Multipart<'b>, Option<FilePart<'b>>),
    folder: &str,
    length: u64,
) -> Result<Taken, ApiError> {
    let repo = access.repo.clone();
    // What large files it has is not known yet: there must be room for all that comes.
    let room = request.context.blocking(move |hub| Ok(hub.store.hold_room(&repo, &[], length)?)).await?;
    let lfs = request.context.hub().store.lfs();
    let (mut files, mut known) = (Vec::new(), HashSet::new());
    let mut next = first;
    while let Some(file) = next {
        // A browser sends this where no file was chosen.
        let is_none = file.name.is_empty();
        let path = if is_none { String::new() } else { path_of(folder, &file.name)? };
        let arrived = lfs.receive(length, file.content()).await.map_err(broken_off)?;
        if is_none && arrived.size > 0 {
            return Err(ApiError::bad_request("A file has no name."));
        }
        if !is_none {
            if !known.insert(path.clone()) {
                return Err(ApiError::bad_request(format!("There are two files for {path:?}.")));
            }
            if files.len() >= MOST_FILES {
                return Err(ApiError::bad_request(format!("There are more than {MOST_FILES} files.")));
            }
            files.push((path, arrived));
        }
        next = form.next_file().await?;
    }
    if files.is_empty() {
        return Err(ApiError::bad_request("Choose a file."));
    }
    Ok(Taken { files, room })
}

fn broken_off(error: LfsError) -> ApiError {
    match error {
        // The only announcement is the length of the form.
        LfsError::Mismatch { .. } => ApiError::bad_request("The form is longer than it says."),
        other => upload_error(other),
    }
}

/// Where a file goes.
fn path_of(folder: &str, name: &str) -> Result<String, ApiError> {
    let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let path: SafeRelPath = path.parse()?;
    Ok(path.as_str().to_owned())
}

impl Taken {
    pub(super) fn count(&self) -> usize {
        self.files.len()
    }

    /// The summary where none is given.
    pub(super) fn usual(&self) -> String {
        match self.files.as_slice() {
            [(path, _)] => format!("Upload {path}"),
            files => format!("Upload {} files", files.len()),
        }
    }

    /// Decides as the API does: by the rules of the commit that is changed, or those that come along.
    ///
    /// # Errors
    /// 400 where `.gitignore` leaves out everything, or a regular file is too large.
    pub(super) async fn decide(
        self,
        request: &Request,
        access: &Access,
        tip: CommitId,
        ignored: bool,
    ) -> Result<Ready, ApiError> {
        let access = access.clone();
        request
            .context
            .blocking(move |hub| {
                let git = hub.store.git(&access.repo)?;
                let rules = |name| rules_in(&self.files, name);
                let (attributes, ignore) = (rules(".gitattributes")?, rules(".gitignore")?);
                let rules = Rules::at(&git, tip, attributes.as_deref(), ignore.as_deref())?;
                Self::sort(self, &rules, ignored)
            })
            .await
    }

    fn sort(self, rules: &Rules, ignored: bool) -> Result<Ready, ApiError> {
        let Self { files, room } = self;
        let mut ready = Ready { regular: Vec::new(), large: Vec::new(), left_out: Vec::new(), room };
        for (path, arrived) in files {
            let asked =
                PreuploadFile::new(path.as_str(), arrived.size).sample(base64::encode(&arrived.sample));
            match rules.mode(&asked) {
                _ if !ignored && rules.ignores(&path) => ready.left_out.push(path),
                UploadMode::Lfs => ready.large.push((path, arrived)),
                UploadMode::Regular if arrived.size > MAX_INLINE as u64 => {
                    return Err(ApiError::bad_request(format!(
                        "{path:?} is larger than 10 MiB, and .gitattributes says that it is not for LFS."
                    )));
                }
                UploadMode::Regular => ready.regular.push((path, arrived)),
            }
        }
        if ready.regular.is_empty() && ready.large.is_empty() {
            return Err(ApiError::bad_request("The rules in .gitignore leave out all of the files."));
        }
        Ok(ready)
    }
}

/// The text of a file of rules that comes along. Blocks.
fn rules_in(files: &[(String, Arrived)], name: &str) -> Result<Option<String>, ApiError> {
    match files.iter().find(|(path, _)| path == name) {
        Some((_, arrived)) if arrived.size <= MOST_RULES => {
            Ok(Some(String::from_utf8_lossy(&arrived.read()?).into_owned()))
        }
        Some(_) => Err(ApiError::bad_request(format!("The file {name} is too large."))),
        None => Ok(None),
    }
}

impl Ready {
    /// Puts the large files where the API puts them. Gives the body of the commit, and what was left out.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn keep(
        self,
        request: &Request,
        access: &Access,
        fields: &CommitFields,
    ) -> Result<(Incoming, Vec<String>), ApiError> {
        let Self { regular, large, left_out, room } = self;
        let mut lines = fields.header(None)?;
        for (path, arrived) in large {
            let (oid, size) = (arrived.sha256.clone(), arrived.size);
            request.context.hub().store.lfs().keep(&access.repo, arrived).await.map_err(upload_error)?;
            lines.push_str(&commit_form::line(&CommitLine::LfsFile(
                LfsFile::new(path, oid).size(Some(size)),
            ))?);
        }
        // The large ones are counted with what the repository has, and the commit asks for the others itself.
        drop(room);
        Ok((commit_body(lines, regular), left_out))
    }
}

/// The lines, and after them those of the regular files, which are read while they are sent.
fn commit_body(lines: String, regular: Vec<(String, Arrived)>) -> Incoming {
    let text = |text: String| Ok::<_, BoxError>(Bytes::from(text));
    let files = stream::iter(regular).flat_map(move |(path, arrived)| {
        let line = InlineFileLine::new(&path);
        let (before, after) = (line.before().to_owned(), line.after().to_owned());
        let content = arrived.pieces(PIECE).map_ok(|piece| Bytes::from(base64::encode(&piece)));
        stream::iter([text(before)]).chain(content.map_err(BoxError::from)).chain(stream::iter([text(after)]))
    });
    let body = stream::iter([text(lines)]).chain(files).map_ok(Frame::data);
    body::erase(StreamBody::new(body.boxed()))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn a_file_goes_nowhere_but_into_the_repository() {
        for (folder, name, path) in [
            ("", "a.txt", "a.txt"),
            ("data", "a b.txt", "data/a b.txt"),
            ("data/raw", "set/a.csv", "data/raw/set/a.csv"),
        ] {
            assert_eq!(path_of(folder, name).unwrap(), path);
        }
        for (folder, name) in [
            ("", "../a"),
            ("..", "a"),
            ("data", "../../a"),
            ("", ".git/config"),
            ("", "/etc/passwd"),
            ("", "C:\\a"),
            ("", "a\nb"),
            ("a//b", "c"),
            ("", "a/./b"),
        ] {
            let error = path_of(folder, name).unwrap_err();
            assert_eq!(error.0.status, StatusCode::BAD_REQUEST, "{folder} {name}");
        }
    }
}
