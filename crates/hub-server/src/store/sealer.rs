//! The secrets of Spaces and the sessions of browsers, encrypted with a key that is not in the database.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hub_types::base64;

use super::{
    Result, StoreError,
    disk::{warn_of_readers, write_private},
    random::{random_bytes, random_hex},
};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// Longest file that is looked at as a key.
const MOST_BYTES: u64 = 4096;
/// What a database says to find out whether a key is its own.
const SAMPLE: &str = "the secrets of this folder";
/// Begins every sealed text, so that another way can follow this one.
const VERSION: &str = "1:";

/// Seals texts and opens them, with the key in a file.
pub(super) struct Sealer {
    cipher: XChaCha20Poly1305,
    file: PathBuf,
}

impl Sealer {
    /// Reads the key: 64 hexadecimal digits.
    ///
    /// # Errors
    /// `SecretKeyMissing`, `BadSecretKey`, or what the file system says.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let mut text = String::new();
        match fs::File::open(file).and_then(|opened| opened.take(MOST_BYTES).read_to_string(&mut text)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::SecretKeyMissing { path: file.to_path_buf() });
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(no_key(file)),
            Err(error) => return Err(StoreError::io("read", file)(error)),
        }
        let key = key(text.trim()).ok_or_else(|| no_key(file))?;
        warn_of_readers(file, "the key of the secrets of Spaces");
        Ok(Self { cipher: XChaCha20Poly1305::new(&key.into()), file: file.to_path_buf() })
    }

    /// Reads the key, or makes one where there is none. For a database that has nothing sealed yet.
    pub(super) fn read_or_make(file: &Path) -> Result<Self> {
        match Self::read(file) {
            Err(StoreError::SecretKeyMissing { .. }) => {
                write_private(file, format!("{}\n", random_hex::<KEY_BYTES>()?).as_bytes())?;
                Self::read(file)
            }
            read => read,
        }
    }

    /// Seals a secret of a Space: for another Space or under another name it cannot be opened.
    pub(super) fn seal_setting(&self, internal_id: &str, key: &str, value: &str) -> Result<String> {
        self.seal(&place(internal_id, key), value)
    }

    /// Opens a secret of a Space.
    #[cfg(test)]
    pub(super) fn open_setting(&self, internal_id: &str, key: &str, sealed: &str) -> Option<String> {
        self.open(&place(internal_id, key), sealed)
    }

    /// What a database keeps to know its key again.
    pub(super) fn sample(&self) -> Result<String> {
        self.seal(SAMPLE, SAMPLE)
    }

    /// Refuses to be the key of a database with another sample.
    ///
    /// # Errors
    /// `BadSecretKey`.
    pub(super) fn check(&self, sample: &str) -> Result<()> {
        if self.open(SAMPLE, sample).as_deref() == Some(SAMPLE) {
            return Ok(());
        }
        let reason = "the secrets were encrypted with another key, name the file that has it";
        Err(StoreError::BadSecretKey { path: self.file.clone(), reason })
    }

    pub(super) fn seal(&self, place: &str, text: &str) -> Result<String> {
        let nonce = random_bytes::<NONCE_BYTES>()?;
        let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        // It fails for texts of many gigabytes only.
        let sealed = sealed.map_err(|_| StoreError::BadSecretKey {
            path: self.file.clone(),
            reason: "it cannot encrypt a text this long, send a shorter one",
        })?;
        Ok(format!("{VERSION}{}", base64::encode(&[nonce.as_slice(), &sealed].concat())))
    }

    pub(super) fn open(&self, place: &str, sealed: &str) -> Option<String> {
        let bytes = base64::decode(sealed.strip_prefix(VERSION)?).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        String::from_utf8(self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
    }
}

/// Where a secret belongs. Ids have no line break.
fn place(internal_id: &str, key: &str) -> String {
    format!("{internal_id}\n{key}")
}

fn no_key(file: &Path) -> StoreError {
    let reason = "it does not hold 64 hexadecimal digits, as `openssl rand -hex 32` prints them";
    StoreError::BadSecretKey { path: file.to_path_buf(), reason }
}

fn key(text: &str) -> Option<[u8; KEY_BYTES]> {
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> (tempfile::TempDir, Sealer) {
        let dir = tempfile::tempdir().unwrap();
        let sealer = Sealer::read_or_make(&dir.path().join("key")).unwrap();
        (dir, sealer)
    }

    #[test]
    fn a_secret_opens_in_its_place_with_its_key_only() {
        let (_dir, sealer) = made();
        let sealed = sealer.seal_setting("a", "KEY", "hidden").unwrap();
        assert_eq!(sealer.open(&place("a", "KEY"), &sealed).as_deref(), Some("hidden"));
        assert_eq!(sealer.open(&place("a", "OTHER"), &sealed), None);
        assert_eq!(sealer.open(&place("b", "KEY"), &sealed), None);
        assert_eq!(made().1.open(&place("a", "KEY"), &sealed), None);
        for broken in ["", "1:", "2:AAAA", "1:AAAA", "1:!", &sealed[..sealed.len() - 4]] {
            assert_eq!(sealer.open(&place("a", "KEY"), broken), None, "{broken}");
        }
    }

    #[test]
    fn no_two_sealed_texts_are_alike() {
        let (_dir, sealer) = made();
        let seal = || sealer.seal_setting("a", "KEY", "hidden").unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        for text in [b"".as_slice(), b"00", &[b'g'; 64], &[0xff; 64], "\u{e4}".repeat(32).as_bytes()] {
            fs::write(&file, text).unwrap();
            assert!(matches!(Sealer::read_or_make(&file), Err(StoreError::BadSecretKey { .. })));
            assert_eq!(fs::read(&file).unwrap(), text);
        }
    }
}
