//! How a database is reached: its URL, and the certificates that are trusted.

use std::{path::PathBuf, sync::Arc, time::Duration};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use crate::{
    BoxError,
    store::{Result, StoreError},
};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// A database and how to talk to it.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) config: Config,
    /// `None`: nobody else is on the way.
    pub(super) tls: Option<MakeRustlsConnect>,
}

impl Target {
    /// Reads a URL as libpq has it. Over a network there is TLS, and the certificate is checked, unless `sslmode=disable` says otherwise;
    /// on this machine there is none, unless `sslmode=require` asks for it. `sslrootcert` is a file with the certificates to trust in place
    /// of the system's.
    ///
    /// # Errors
    /// `DatabaseUrl`, which does not repeat the URL: it may hold a password.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let refused = |reason: String| StoreError::DatabaseUrl { reason };
        let mut url = Url::parse(text).map_err(|error| refused(error.to_string()))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(refused("it must begin with postgres://".to_owned()));
        }
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let (mode, roots) = (value("sslmode"), value("sslrootcert").map(PathBuf::from));
        let others = pairs.iter().filter(|(key, _)| !matches!(key.as_str(), "sslmode" | "sslrootcert"));
        // Spaces of options are read as `%20` alone.
        let query: Vec<String> = others
            .map(|(key, value)| format!("{key}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
        let mut config: Config = url
            .as_str()
            .parse()
            .map_err(|error: tokio_postgres::Error| refused(crate::store::with_causes(&error)))?;
        config.connect_timeout(CONNECT).application_name("hub");
        let is_near = config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
            #[cfg(unix)]
            Host::Unix(_) => true,
        });
        let wants_tls = match mode.as_deref() {
            None => !is_near || roots.is_some(),
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(other) => return Err(refused(format!("sslmode={other} is not known: require or disable"))),
        };
        config.ssl_mode(if wants_tls { SslMode::Require } else { SslMode::Disable });
        let tls = wants_tls.then(|| tls(roots)).transpose().map_err(|error| refused(error.to_string()))?;
        Ok(Self { config, tls })
    }
}

fn tls(roots: Option<PathBuf>) -> std::result::Result<MakeRustlsConnect, BoxError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let config = match roots {
        None => builder.with_platform_verifier()?.with_no_client_auth(),
        Some(file) => {
            let mut trusted = RootCertStore::empty();
            let certificates = CertificateDer::pem_file_iter(&file)
                .map_err(|error| format!("sslrootcert {} cannot be read: {error}", file.display()))?;
            for certificate in certificates {
                trusted.add(certificate?)?;
            }
            builder.with_root_certificates(trusted).with_no_client_auth()
        }
    };
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_a_network_there_is_tls_unless_it_is_switched_off() {
        let cases = [
            ("postgres://hub@localhost/hub", false),
            ("postgresql://hub:pw@127.0.0.1:5433/hub?options=-csearch_path%3Dteam", false),
            ("postgres://hub@db.example/hub", true),
            ("postgres://hub@localhost,db.example/hub", true),
            ("postgres://hub@db.example/hub?sslmode=disable", false),
            ("postgres://hub@localhost/hub?sslmode=require", true),
        ];
        for (url, expected) in cases {
            assert_eq!(Target::parse(url).unwrap().tls.is_some(), expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_url_of_postgresql_is_refused_without_its_password() {
        for url in [
            "mysql://a:secret@b/c",
            "postgres://a:secret@b/c?sslmode=perhaps",
            "a:secret",
            "postgres://a:secret@b:x/c",
        ] {
            let error = Target::parse(url).err().unwrap().to_string();
            assert!(error.contains("database") && !error.contains("secret"), "{error}");
        }
    }
}
