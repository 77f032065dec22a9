//! The hub on a port with TLS.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hub_server::{EmbeddedHub, Server, ServerTls};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::{ADA, hub};

/// Writes a certificate for 127.0.0.1 and its key; gives the certificate.
fn write_pair(folder: &Path) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    certificate.der().clone()
}

fn tls(folder: &Path) -> Result<ServerTls, hub_server::TlsError> {
    ServerTls::from_files(folder.join("cert.pem"), folder.join("key.pem"))
}

async fn serve(hub: EmbeddedHub, tls: &ServerTls) -> (SocketAddr, String) {
    let server = Server::bind(hub, "127.0.0.1:0").await.unwrap().tls(tls.clone());
    let (address, url) = (server.local_addr(), server.url());
    tokio::spawn(server.run(std::future::pending()));
    (address, url)
}

async fn connect(
    to: SocketAddr,
    trusted: &CertificateDer<'static>,
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(to).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn requests_over_tls_are_answered_in_the_version_that_is_agreed_on() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = write_pair(folder.path());
    let (to, url) = serve(hub(), &tls(folder.path()).unwrap()).await;
    let request = |uri: String| {
        let body = json!({"name": format!("from-{}", uri.len())}).to_string();
        http::Request::post(uri)
            .header("host", to.to_string())
            .header("authorization", format!("Bearer {ADA}"))
            .body(http_body_util::Full::new(Bytes::from(body)))
            .unwrap()
    };

    let stream = connect(to, &certificate, &[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request(format!("{url}/api/repos/create"))).await.unwrap();
    let made: Value = serde_json::from_slice(&response.collect().await.unwrap().to_bytes()).unwrap();
    assert!(made["url"].as_str().unwrap().starts_with(&format!("https://{to}/ada/from-")), "{made}");

    for alpn in [&[&b"http/1.1"[..]][..], &[]] {
        let stream = connect(to, &certificate, alpn).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let ask = http::Request::get("/api/models/ada/demo").header("host", to.to_string());
        let response = sender.send_request(ask.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
    }
}

#[tokio::test]
async fn a_new_certificate_is_used_after_a_reload_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = write_pair(folder.path());
    let tls = tls(folder.path()).unwrap();
    let (to, _) = serve(hub(), &tls).await;
    let is_shown = async |certificate| connect(to, certificate, &[]).await.is_ok();
    assert!(is_shown(&first).await);

    let second = write_pair(folder.path());
    assert!(is_shown(&first).await, "nothing is read before it is asked for");
    tls.reload().unwrap();
    assert!(is_shown(&second).await && !is_shown(&first).await);

    std::fs::write(folder.path().join("cert.pem"), "half a fi").unwrap();
    let error = tls.reload().unwrap_err();
    assert!(error.to_string().contains("cert.pem"), "{error}");
    assert!(is_shown(&second).await, "the old one goes on");
}

#[test]
fn files_that_cannot_be_used_are_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let error = tls(path).unwrap_err();
    assert!(error.to_string().contains("cert.pem cannot be used for TLS: it cannot be read"), "{error}");
    write_pair(path);
    let (cert, key) = (path.join("cert.pem"), path.join("key.pem"));
    let good = std::fs::read(&cert).unwrap();
    for bad in
        [&b""[..], b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", &vec![b'x'; 2 << 20]]
    {
        std::fs::write(&cert, bad).unwrap();
        assert!(tls(path).unwrap_err().to_string().contains("cert.pem"));
    }
    std::fs::write(&cert, &good).unwrap();
    tls(path).unwrap();
    std::fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let error = tls(path).unwrap_err().to_string();
    assert!(error.contains("key.pem") && error.contains("not the key of the certificate"), "{error}");
    std::fs::write(&key, &good).unwrap();
    assert!(tls(path).unwrap_err().to_string().contains("key.pem"));
    assert_eq!(CertificateDer::pem_slice_iter(&good).count(), 1);
}

#[tokio::test]
async fn whoever_speaks_http_is_told_that_the_port_speaks_tls() {
    let folder = tempfile::tempdir().unwrap();
    write_pair(folder.path());
    let (to, _) = serve(hub(), &tls(folder.path()).unwrap()).await;
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut response = Vec::new();
    // The rest of the request is not read, which may end the connection with a reset.
    let _ = stream.read_to_end(&mut response).await;
    let response = String::from_utf8(response).unwrap();
    assert!(response.starts_with("HTTP/1.1 400 ") && response.contains("https://"), "{response}");
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{response}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_come_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    write_pair(folder.path());
    let (to, _) = serve(hub(), &tls(folder.path()).unwrap()).await;
    // Nothing, and the beginning of a record that promises more.
    for start in [&b""[..], &[22, 3, 1, 2, 0, 1]] {
        let started = tokio::time::Instant::now();
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(start).await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
        let kept = started.elapsed();
        assert!((Duration::from_secs(10)..Duration::from_secs(25)).contains(&kept), "{start:?}: {kept:?}");
    }
}
