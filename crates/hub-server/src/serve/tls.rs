//! [`ServerTls`]: the certificate that a server shows, read from files and read again when these have changed.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};

use crate::{BoxError, store::warn_of_readers};

/// Most bytes of a file with certificates or a key.
const MOST_BYTES: u64 = 1 << 20;

/// The certificate and the key of a server, for TLS 1.2 and 1.3 with HTTP/2 and HTTP/1.1 (ALPN). Clones share them.
///
/// Both are PEM files: the certificate with those that lead to an authority after it, the key in PKCS #8, PKCS #1 or SEC1.
#[derive(Clone)]
pub struct ServerTls {
    shared: Arc<Shared>,
}

struct Shared {
    certificate: PathBuf,
    key: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

/// Why a certificate or a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be used for TLS: {reason}", path.display())]
#[non_exhaustive]
pub struct TlsError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it, and what to do.
    pub reason: String,
    /// The cause, where there is one more.
    #[source]
    pub source: Option<BoxError>,
}

impl ServerTls {
    /// Reads both files. Blocks on the disk. A key that other users of the machine can read is used, and warned of in the log.
    ///
    /// # Errors
    /// When a file cannot be read or is not PEM, and when the key is not that of the first certificate.
    pub fn from_files(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, TlsError> {
        let (certificate, key) = (certificate.into(), key.into());
        let config = RwLock::new(read(&certificate, &key)?);
        Ok(Self { shared: Arc::new(Shared { certificate, key, config }) })
    }

    /// Reads both files again, for the connections that come from now on. Blocks on the disk.
    ///
    /// # Errors
    /// As [`from_files`](Self::from_files); what was used before goes on being used.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = read(&self.shared.certificate, &self.shared.key)?;
        *self.shared.config.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.shared.config.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerTls")
            .field("certificate", &self.shared.certificate)
            .field("key", &self.shared.key)
            .finish_non_exhaustive()
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let text = content(certificate)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| not_pem(certificate, error))?;
    if chain.is_empty() {
        return Err(not_pem(certificate, pem::Error::NoItemsFound));
    }
    warn_of_readers(key, "the key of TLS");
    let secret = PrivateKeyDer::from_pem_slice(&content(key)?).map_err(|error| not_pem(key, error))?;
    let refused = |path: &Path, reason: String, source: Option<BoxError>| TlsError {
        path: path.to_path_buf(),
        reason,
        source,
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                let reason = format!("it is not the key of the certificate in {}", certificate.display());
                refused(key, reason, None)
            }
            error => refused(certificate, "it or its key was refused".to_owned(), Some(error.into())),
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn content(path: &Path) -> Result<Vec<u8>, TlsError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
    let too_long =
        || io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {MOST_BYTES} bytes"));
    read.and_then(|length| if length as u64 > MOST_BYTES { Err(too_long()) } else { Ok(()) }).map_err(
        |error| TlsError {
            path: path.to_path_buf(),
            reason: "it cannot be read".to_owned(),
            source: Some(error.into()),
        },
    )?;
    Ok(bytes)
}

fn not_pem(path: &Path, error: pem::Error) -> TlsError {
    let reason = "it does not hold what is wanted in PEM, between lines with BEGIN and END";
    let source = (!matches!(error, pem::Error::NoItemsFound)).then(|| error.into());
    TlsError { path: path.to_path_buf(), reason: reason.to_owned(), source }
}
