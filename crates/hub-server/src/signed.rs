//! URLs of LFS objects that carry their own permission, for one hour; and what else is signed with their key.

use std::{
    fs,
    io::{self, Read},
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{
    OpenError,
    disposition::Disposition,
    store::{RepoRecord, random_hex, write_private},
};
use hub_types::query::Query;

/// How long a URL is good for.
pub(crate) const LIFETIME: Duration = Duration::from_secs(3600);

const KEY_FILE: &str = "link-key";
const KEY_DIGITS: usize = 64;
/// Those who belong to the namespace of a repository.
const MEMBERS: &str = "members";

/// What the holder of a URL may do with one object of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) action: LinkAction,
    pub(crate) oid: String,
    pub(crate) size: u64,
}

/// The use that a URL is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkAction {
    /// `GET` the content; the response names the commit, when it is fetched as a file of one, and what that file is called.
    Download { commit: Option<String>, disposition: Option<Disposition> },
    /// `PUT` the content.
    Upload,
    /// `PUT` one part of the content.
    Part { upload: String, number: u32 },
    /// `POST` the list of parts.
    Complete { upload: String },
    /// `POST` to ask whether the content is there.
    Verify,
}

/// What else is signed with the same key. Their words begin no text that a [`Grant`] is signed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A token for the store of Xet.
    Token,
    /// A URL of some bytes of a xorb.
    Fetch,
    /// The key under which chunks are hidden in answers about them.
    Dedup,
    /// What a form of a page carries, so that nobody else's page can send it.
    #[cfg(feature = "page")]
    Form,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Token => "xet token",
            Self::Fetch => "xet fetch",
            Self::Dedup => "xet dedup",
            #[cfg(feature = "page")]
            Self::Form => "page form",
        }
    }
}

/// Signs URLs and checks them. The key stays in the data folder, so that URLs outlive a restart.
#[derive(Clone)]
pub(crate) struct Signer {
    key: Vec<u8>,
}

impl Signer {
    /// Reads the key of a data folder, or makes one.
    pub(crate) fn open(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(KEY_FILE);
        let key = match fs::read(&path) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = random_hex::<{ KEY_DIGITS / 2 }>()?;
                write_private(&path, key.as_bytes())?;
                key.into_bytes()
            }
            Err(error) => return Err(OpenError::io("read", &path, error)),
        };
        if key.len() < KEY_DIGITS {
            return Err(OpenError::BadKeyFile { path });
        }
        Ok(Self { key })
    }

    /// The query of a URL that is good until `expires`, in seconds since 1970.
    pub(crate) fn query(&self, repo: &RepoRecord, grant: &Grant, expires: u64) -> String {
        let more = match &grant.action {
            LinkAction::Part { upload, .. } | LinkAction::Complete { upload } => format!("&upload={upload}"),
            LinkAction::Download { commit, disposition } => {
                let commit = commit.as_ref().map(|commit| format!("&commit={commit}"));
                let disposition = disposition.as_ref().map(|one| format!("&{}", one.in_query()));
                [commit, disposition].into_iter().flatten().collect()
            }
            LinkAction::Upload | LinkAction::Verify => String::new(),
        };
        let signature = self.signature(&repo.internal_id, grant, audience(repo), expires);
        let size = grant.size;
        format!("size={size}{more}&expires={expires}&signature={signature}")
    }

    /// Whether `query` holds an unexpired signature of this server for exactly this use.
    ///
    /// A download that was signed when everybody had the files is not for today's repository when these are for its
    /// members by now.
    pub(crate) fn allows(&self, repo: &RepoRecord, grant: &Grant, query: &Query) -> bool {
        let expires = query.get("expires").and_then(|text| text.parse().ok()).unwrap_or(0);
        let given = query.get("signature").unwrap_or_default();
        let is_signed_for = |audience| {
            let expected = self.signature(&repo.internal_id, grant, audience, expires);
            // What cannot be signed has no signature that could be right.
            !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
        };
        (is_signed_for(MEMBERS) || is_signed_for(audience(repo))) && expires > now()
    }

    /// The signature of a text that is used for one purpose, and no other.
    pub(crate) fn sign(&self, purpose: Purpose, text: &str) -> [u8; 32] {
        let mut signature = [0; 32];
        // A key of any length is taken.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) {
            mac.update(purpose.word().as_bytes());
            mac.update(b"\n");
            mac.update(text.as_bytes());
            signature.copy_from_slice(&mac.finalize().into_bytes());
        }
        signature
    }

    /// Whether `signature`, in hexadecimal digits, is that of the text.
    pub(crate) fn has_signed(&self, purpose: Purpose, text: &str, signature: &str) -> bool {
        let expected = hub_types::hex::encode(&self.sign(purpose, text));
        bool::from(expected.as_bytes().ct_eq(signature.as_bytes()))
    }

    fn signature(&self, repo: &str, grant: &Grant, audience: &str, expires: u64) -> String {
        let use_of_it = match &grant.action {
            LinkAction::Download { commit, disposition } => {
                let disposition = disposition.as_ref().map(|one| format!(" {}", one.in_query()));
                let commit = commit.as_deref().unwrap_or_default();
                format!("GET {audience} {commit}{}", disposition.unwrap_or_default())
            }
            LinkAction::Upload => "PUT".to_owned(),
            LinkAction::Part { upload, number } => format!("PUT {upload} {number}"),
            LinkAction::Complete { upload } => format!("POST {upload}"),
            LinkAction::Verify => "POST".to_owned(),
        };
        let text = format!("{use_of_it}\n{repo}\n{}\n{}\n{expires}", grant.oid, grant.size);
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether what was given to those who were one audience is for the repository of today.
pub(crate) fn is_still_for(repo: &RepoRecord, audience: &str) -> bool {
    audience == MEMBERS || audience == self::audience(repo)
}

/// Whom the files of a repository are for.
pub(crate) fn audience(repo: &RepoRecord) -> &'static str {
    if repo.private || repo.gated.is_some() { MEMBERS } else { "everybody" }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The text of a small file, or `None` where there is none.
pub(crate) fn read_private(path: &Path) -> Result<Option<String>, OpenError> {
    let mut text = String::new();
    match fs::File::open(path).and_then(|file| file.take(4096).read_to_string(&mut text)) {
        Ok(_) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(OpenError::io("read", path, error)),
    }
}

#[cfg(test)]
mod tests {
    use hub_types::{RepoRef, RepoType};

    use super::*;

    fn record(internal_id: &str) -> RepoRecord {
        RepoRecord {
            key: 1,
            repo: RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap()),
            internal_id: internal_id.to_owned(),
            private: false,
            sdk: None,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            creator: 1,
            lfs_multipart_threshold: None,
            gated: None,
            disabled: false,
        }
    }

    fn download(commit: Option<&str>, name: &str) -> LinkAction {
        let disposition = (!name.is_empty()).then(|| Disposition::of(name, &Query::default()));
        LinkAction::Download { commit: commit.map(str::to_owned), disposition }
    }

    #[test]
    fn a_signature_is_good_for_one_use_of_one_object_of_one_repository_until_it_expires() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::open(dir.path()).unwrap();
        let repo = record("a");
        let part = |upload: &str, number| LinkAction::Part { upload: upload.into(), number };
        let grant = |action, oid: &str, size| Grant { action, oid: oid.into(), size };
        let uses = [
            grant(download(None, ""), "aa", 1),
            grant(download(Some("c"), ""), "aa", 1),
            grant(download(Some("c"), "a.bin"), "aa", 1),
            grant(download(Some("c"), "b.bin"), "aa", 1),
            grant(LinkAction::Upload, "aa", 1),
            grant(LinkAction::Upload, "ab", 1),
            grant(LinkAction::Upload, "aa", 2),
            grant(part("u", 1), "aa", 1),
            grant(part("u", 2), "aa", 1),
            grant(part("v", 1), "aa", 1),
            grant(LinkAction::Complete { upload: "u".into() }, "aa", 1),
            grant(LinkAction::Verify, "aa", 1),
        ];
        for (i, signed) in uses.iter().enumerate() {
            let query = Query::parse(signer.query(&repo, signed, now() + 60).as_bytes());
            for (j, used) in uses.iter().enumerate() {
                assert_eq!(signer.allows(&repo, used, &query), i == j, "{signed:?} used as {used:?}");
            }
            assert!(!signer.allows(&record("b"), signed, &query), "another repository");
            let old = Query::parse(signer.query(&repo, signed, now() - 1).as_bytes());
            assert!(!signer.allows(&repo, signed, &old), "expired");
            assert!(!signer.allows(&repo, signed, &Query::default()), "unsigned");
        }
    }

    #[test]
    fn what_is_signed_for_one_purpose_is_good_for_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::open(dir.path()).unwrap();
        let signature = hub_types::hex::encode(&signer.sign(Purpose::Token, "text"));
        assert!(signer.has_signed(Purpose::Token, "text", &signature));
        assert!(!signer.has_signed(Purpose::Fetch, "text", &signature));
        assert!(!signer.has_signed(Purpose::Token, "texT", &signature));
        assert!(!signer.has_signed(Purpose::Token, "text", ""));
    }

    #[test]
    fn a_download_is_for_those_whom_the_files_were_for_and_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::open(dir.path()).unwrap();
        let open = record("a");
        let private = RepoRecord { private: true, ..record("a") };
        let gated = RepoRecord { gated: Some("auto".into()), ..record("a") };
        let grant = Grant { action: download(None, ""), oid: "aa".into(), size: 1 };
        let allowed = |then: &RepoRecord, now_it_is: &RepoRecord| {
            let query = Query::parse(signer.query(then, &grant, now() + 60).as_bytes());
            signer.allows(now_it_is, &grant, &query)
        };
        for closed in [&private, &gated] {
            assert!(allowed(closed, closed) && allowed(closed, &open) && !allowed(&open, closed));
        }
        assert!(allowed(&open, &open));
    }

    #[test]
    fn the_key_outlives_a_restart_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let key = Signer::open(dir.path()).unwrap().key;
        assert_eq!(Signer::open(dir.path()).unwrap().key, key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(dir.path().join(KEY_FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(dir.path().join(KEY_FILE), "short").unwrap();
        assert!(Signer::open(dir.path()).is_err());
    }
}
