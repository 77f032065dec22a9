//! `POST /api/{models}/{id}/preupload/{rev}`: which files go to LFS, which are ignored, which are there already.

use http::Response;
use hub_types::{
    Revision, SafeRelPath, base64,
    preupload::{
        MAX_FILES, PreuploadDecision, PreuploadFile, PreuploadRequest, PreuploadResponse, UploadMode,
    },
};

use super::{commit_plan::MAX_INLINE, read_json};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    context::Context,
    respond,
    route::rights::Access,
    store::{Attributes, CommitId, Entry, GitRepo, IgnoreRules},
};

/// Samples make these bodies larger than others.
const LIMIT: usize = 4 << 20;

/// Decides about each file.
pub(crate) async fn preupload(
    context: &Context,
    access: Access,
    body: &mut Incoming,
    revision: Revision,
) -> Result<Response<Body>, ApiError> {
    let request: PreuploadRequest = read_json(body, LIMIT).await?;
    if request.files.len() > MAX_FILES {
        return Err(ApiError::bad_request(format!("at most {MAX_FILES} files may be asked about at once")));
    }
    for file in &request.files {
        file.path.parse::<SafeRelPath>().map_err(|error| ApiError::unprocessable(error.to_string()))?;
    }
    let response = context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            let commit = git.resolve(revision.as_str())?;
            let (attributes, ignore) = (request.git_attributes.as_deref(), request.git_ignore.as_deref());
            let rules = Rules::at(&git, commit, attributes, ignore)?;
            let there = git.entries(commit, request.files.iter().map(|file| file.path.as_str()))?;
            let mut files = Vec::with_capacity(request.files.len());
            for (mut there, file) in there.into_iter().zip(request.files) {
                // A client does not send what is there: what is damaged or lost is not.
                if let Some(lfs) = there.as_ref().and_then(|entry| entry.lfs.as_ref())
                    && hub.store.whole(&access.repo, &lfs.oid)? != Some(lfs.size)
                {
                    there = None;
                }
                files.push(rules.decide(there, file));
            }
            Ok(PreuploadResponse::new(files).commit_oid(commit.to_string()))
        })
        .await?;
    respond::ok(&response)
}

/// What decides about files that are to be added.
pub(crate) struct Rules {
    attributes: Attributes,
    ignored: IgnoreRules,
}

impl Rules {
    /// The rules of a commit, or those that come with the files.
    pub(crate) fn at(
        git: &GitRepo,
        commit: CommitId,
        attributes: Option<&str>,
        ignore: Option<&str>,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            attributes: match attributes {
                Some(text) => Attributes::parse(text.as_bytes()),
                None => git.attributes_at(commit)?,
            },
            ignored: match ignore {
                Some(text) => IgnoreRules::parse(text.as_bytes()),
                None => git.ignore_rules_at(commit)?,
            },
        })
    }

    fn decide(&self, there: Option<Entry>, file: PreuploadFile) -> PreuploadDecision {
        let (mode, ignored) = (self.mode(&file), self.ignores(&file.path));
        let oid = there.map(|entry| entry.lfs.map_or_else(|| entry.oid.to_string(), |lfs| lfs.oid));
        PreuploadDecision::new(file.path, mode).should_ignore(ignored).oid(oid)
    }

    /// Whether `.gitignore` leaves a file out.
    pub(crate) fn ignores(&self, path: &str) -> bool {
        self.ignored.is_ignored(path)
    }

    /// How the content of a file travels.
    pub(crate) fn mode(&self, file: &PreuploadFile) -> UploadMode {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        if file.size == 0 || matches!(name, ".gitattributes" | ".gitignore" | "README.md") {
            return UploadMode::Regular;
        }
        let lfs = self
            .attributes
            .is_lfs(&file.path)
            .unwrap_or_else(|| file.size > MAX_INLINE as u64 || is_binary(&file.sample));
        if lfs { UploadMode::Lfs } else { UploadMode::Regular }
    }
}

/// Whether a sample has a NUL, or is mostly bytes that no text has.
fn is_binary(sample: &str) -> bool {
    let Ok(bytes) = base64::decode(sample) else { return true };
    if bytes.contains(&0) {
        return true;
    }
    let valid = match std::str::from_utf8(&bytes) {
        Ok(_) => bytes.len(),
        // A sample may end in the middle of a character.
        Err(error) if error.error_len().is_none() => bytes.len(),
        Err(_) => 0,
    };
    let odd = bytes.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127)).count()
        + if valid == bytes.len() { 0 } else { bytes.iter().filter(|b| !b.is_ascii()).count() };
    odd * 10 > bytes.len() * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(attributes: &str, path: &str, size: u64, sample: &[u8]) -> UploadMode {
        let rules =
            Rules { attributes: Attributes::parse(attributes.as_bytes()), ignored: IgnoreRules::parse(b"") };
        rules.mode(&PreuploadFile::new(path, size).sample(base64::encode(sample)))
    }

    #[test]
    fn attributes_decide_before_size_and_content() {
        use UploadMode::{Lfs, Regular};
        let rules = "*.bin filter=lfs diff=lfs merge=lfs -text\n*.dat -filter\n";
        // Ends in the middle of a character, as a sample may.
        let cut = [&"ü".repeat(10).into_bytes(), b"\xc3".as_slice()].concat();
        let cases = [
            ("a.bin", 10, b"text".as_slice(), Lfs),
            ("a.dat", 100 << 20, b"\0\0", Regular),
            ("a.txt", 10, b"text", Regular),
            ("a.txt", (10 << 20) + 1, b"text", Lfs),
            ("a.txt", 10 << 20, b"text", Regular),
            ("a.raw", 10, b"a\0b", Lfs),
            ("a.raw", 10, b"\xff\xfe\xfd\xfc", Lfs),
            ("a.txt", 10, "grüße aus köln".as_bytes(), Regular),
            ("a.txt", 10, cut.as_slice(), Regular),
            ("a.bin", 0, b"", Regular),
            (".gitattributes", 100 << 20, b"\0", Regular),
            ("docs/README.md", 100 << 20, b"\0", Regular),
        ];
        for (path, size, sample, expected) in cases {
            assert_eq!(mode(rules, path, size, sample), expected, "{path} {size}");
        }
    }
}
