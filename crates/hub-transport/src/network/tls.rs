//! [`Tls`]: which certificates are trusted, and the handshake.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, InvalidMessage, RootCertStore};
use rustls_platform_verifier::Verifier;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;

use super::stream::ByteStream;
use crate::{BoxError, Error, ErrorKind, Failure};

/// Which certificates are trusted. TLS 1.2 and 1.3; there is no way to turn the check off.
///
/// The system's certificates are read when the first `https` connection is made, not before.
#[derive(Clone)]
pub struct Tls {
    shared: Arc<Shared>,
}

struct Shared {
    roots: Roots,
    /// The variable that named the certificates, and the file.
    named_by: Option<(&'static str, String)>,
    configs: OnceCell<Configs>,
}

enum Roots {
    System(Vec<CertificateDer<'static>>),
    Only(Vec<CertificateDer<'static>>),
}

#[derive(Clone)]
struct Configs {
    http1: Arc<ClientConfig>,
    http2: Arc<ClientConfig>,
}

impl Tls {
    /// What the operating system trusts. On Linux that is the distribution's bundle, or `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Roots::System(Vec::new()))
    }

    /// What the operating system trusts and the certificates of `pem` besides.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] if `pem` holds no certificate that can be read.
    pub fn system_and(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self::new(Roots::System(parse(pem, "the given text")?)))
    }

    /// The certificates of `pem` and no others.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] if `pem` holds no certificate that can be read.
    pub fn only(pem: &[u8]) -> Result<Self, Error> {
        Ok(Self::new(Roots::Only(parse(pem, "the given text")?)))
    }

    /// The certificates of a PEM file and no others.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] if the file cannot be read or holds no certificate that can be read.
    pub fn only_file(path: &Path) -> Result<Self, Error> {
        Ok(Self::new(Roots::Only(read(path)?)))
    }

    /// The file that `REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE` names, as Python programs understand them, and otherwise what
    /// the system trusts. `get` gives the value of a variable.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] if such a file is named and cannot be used.
    pub fn from_vars(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let named = |name| Some((name, get(name).filter(|path| !path.is_empty())?));
        let Some((name, path)) = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"].into_iter().find_map(named) else {
            return Ok(Self::system());
        };
        let roots = Roots::Only(read(Path::new(&path)).map_err(|error| error.with_hint(unusable(name)))?);
        Ok(Self {
            shared: Arc::new(Shared { roots, named_by: Some((name, path)), configs: OnceCell::new() }),
        })
    }

    fn new(roots: Roots) -> Self {
        Self { shared: Arc::new(Shared { roots, named_by: None, configs: OnceCell::new() }) }
    }

    /// What makes a certificate trusted whose authority is not. What names the certificates wins over everything else.
    fn how_to_trust(&self) -> String {
        match (&self.shared.named_by, &self.shared.roots) {
            (Some((name, path)), _) => format!(
                "{name} is set, and so only what the file {path} has is trusted: add the server's authority to that file, or unset {name}"
            ),
            (None, Roots::Only(_)) => {
                "only the certificates that the client was given are trusted: add the server's authority to them"
                    .to_owned()
            }
            (None, Roots::System(_)) => {
                "if the server uses an authority of its own, trust it with SSL_CERT_FILE or the client's TLS settings"
                    .to_owned()
            }
        }
    }

    /// A TLS session over `stream`, and whether the server chose HTTP/2.
    pub(super) async fn handshake(
        &self,
        stream: ByteStream,
        host: &str,
        http2: bool,
    ) -> Result<(ByteStream, bool), Failure> {
        let shared = Arc::clone(&self.shared);
        let configs = once(&self.shared.configs, move || configs(&shared.roots)).await.map_err(|error| {
            Failure::not_sent(ErrorKind::Tls, "the trusted certificates cannot be read")
                .with_source(error)
                .with_hint("install the system's CA certificates, or name a file with SSL_CERT_FILE")
                .permanent()
        })?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned();
        let name = ServerName::try_from(bare).map_err(|error| {
            Failure::not_sent(ErrorKind::Tls, format!("{host} is not a host name"))
                .with_source(error)
                .permanent()
        })?;
        let config = if http2 { configs.http2 } else { configs.http1 };
        let session = TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error| refused(host, error, || self.how_to_trust()))?;
        let http2 = session.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((ByteStream::new(session), http2))
    }
}

/// The value of `cell`, which takes long to make: made once, on a thread where that holds nobody up, by whoever needs it first. A
/// failure is told to that one, and the next one makes it anew.
async fn once<T: Clone + Send + 'static, E: Into<BoxError> + Send + 'static>(
    cell: &OnceCell<T>,
    make: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, BoxError> {
    let made = cell.get_or_try_init(|| async {
        tokio::task::spawn_blocking(make).await.map_err(BoxError::from)?.map_err(Into::into)
    });
    made.await.cloned()
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shared.roots {
            Roots::System(more) => write!(f, "Tls(system and {} certificates)", more.len()),
            Roots::Only(these) => write!(f, "Tls({} certificates)", these.len()),
        }
    }
}

fn unusable(variable: &str) -> String {
    format!("{variable} names it: correct it, or unset it to trust what the system does")
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let name = path.display().to_string();
    let pem = fs::read(path).map_err(|source| {
        Error::build(format!("the certificates in {name} cannot be read")).with_source(source)
    })?;
    parse(&pem, &name)
}

fn parse(pem: &[u8], name: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|source| Error::build(format!("{name} is not a PEM file")).with_source(source))?;
    let all = certificates.len();
    // What an old bundle holds besides, and no verifier takes, must not spoil the rest.
    let usable =
        |certificate: &CertificateDer<'static>| RootCertStore::empty().add(certificate.clone()).is_ok();
    let certificates: Vec<_> = certificates.into_iter().filter(usable).collect();
    let odd = all - certificates.len();
    if certificates.is_empty() {
        return Err(Error::build(format!("{name} holds no certificate that can be read")));
    }
    if odd > 0 {
        tracing::warn!("{name} holds {odd} certificates that cannot be read; they are not trusted");
    }
    Ok(certificates)
}

fn configs(roots: &Roots) -> Result<Configs, rustls::Error> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let mut http1 = match roots {
        Roots::System(more) => {
            let verifier = if more.is_empty() {
                Verifier::new(provider)?
            } else {
                Verifier::new_with_extra_roots(more.iter().cloned(), provider)?
            };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
        Roots::Only(these) => {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates(these.iter().cloned());
            builder.with_root_certificates(store).with_no_client_auth()
        }
    };
    http1.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut http2 = http1.clone();
    http2.alpn_protocols.insert(0, b"h2".to_vec());
    Ok(Configs { http1: Arc::new(http1), http2: Arc::new(http2) })
}

/// A certificate that is not accepted will not be accepted the next time; a connection that was cut may work then.
fn refused(host: &str, error: std::io::Error, how_to_trust: impl FnOnce() -> String) -> Failure {
    let reason = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).cloned();
    let failure = |message: String| Failure::not_sent(ErrorKind::Tls, message);
    let failure = match reason {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            let hint = match reason {
                CertificateError::UnknownIssuer => how_to_trust(),
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => {
                    "check the clock of this machine, or tell the server's operators".to_owned()
                }
                _ => "check that the endpoint is the right one; nothing was sent".to_owned(),
            };
            failure(format!("the certificate of {host} is not accepted: {}", describe(&reason)))
                .with_hint(hint)
                .permanent()
        }
        Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            failure(format!("{host} does not speak https on this port, but something else, perhaps http"))
                .with_hint("check the port of the URL, or write http:// if that is what the server speaks")
                .permanent()
        }
        Some(_) => failure(format!("the TLS handshake with {host} failed")),
        None => failure(format!("the TLS handshake with {host} was cut off")),
    };
    failure.with_source(error)
}

fn describe(reason: &CertificateError) -> String {
    match reason {
        CertificateError::UnknownIssuer => "its issuer is not known".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it belongs to another name".to_owned()
        }
        CertificateError::Revoked => "it was revoked".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn certificates_are_loaded_once_off_the_executor_and_a_failure_is_not_kept() {
        let cell = OnceCell::new();
        let here = thread::current().id();
        let failed = once(&cell, || Err::<u32, _>("too many open files")).await.unwrap_err();
        assert_eq!(failed.to_string(), "too many open files");
        let count = Arc::new(AtomicUsize::new(0));
        let load = || {
            let count = Arc::clone(&count);
            move || {
                assert_ne!(thread::current().id(), here);
                count.fetch_add(1, Ordering::SeqCst);
                Ok::<_, BoxError>(7)
            }
        };
        let all = join_all((0..10).map(|_| once(&cell, load()))).await;
        assert!(all.into_iter().all(|value| value.unwrap() == 7));
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}
