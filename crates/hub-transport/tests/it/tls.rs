//! TLS: what is trusted, what is never tried again, and HTTP/2 by ALPN.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hub_transport::{ErrorKind, RetryClass, Tls, Transport};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use crate::support::{Ask, quick};

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), issuer: Issuer::new(params, key) }
    }

    fn server(&self, name: &str, expired: bool, alpn: &[&[u8]]) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)
                .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        config
    }
}

struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
}

/// Answers each request of each connection with the protocol that was agreed on.
async fn serve(config: ServerConfig, cut_first: usize) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let number = count.fetch_add(1, Ordering::SeqCst);
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if number < cut_first {
                    let mut hello = [0; 16];
                    stream.read_exact(&mut hello).await.unwrap();
                    return;
                }
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = [0; 4096];
                while stream.read(&mut request).await.is_ok_and(|count| count > 0) {
                    let body = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";
                    stream.write_all(body).await.unwrap();
                }
            });
        }
    });
    Server { url, connections }
}

fn trusting(authority: &Authority, url: &str) -> Transport {
    quick(url).tls(Tls::only(authority.pem.as_bytes()).unwrap()).build().unwrap()
}

#[tokio::test]
async fn an_authority_of_ones_own_can_be_trusted() {
    let authority = Authority::new("ours");
    let server = serve(authority.server("localhost", false, &[]), 0).await;
    assert_eq!(trusting(&authority, &server.url).send(&Ask::get("/x")).await.unwrap(), "fine");
    let besides = quick(&server.url).tls(Tls::system_and(authority.pem.as_bytes()).unwrap()).build().unwrap();
    assert_eq!(besides.send(&Ask::get("/x")).await.unwrap(), "fine");
}

#[tokio::test]
async fn f04_a_certificate_that_is_not_accepted_is_never_tried_again() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let cases = [
        (theirs.server("localhost", false, &[]), "its issuer is not known"),
        (ours.server("localhost", true, &[]), "it has expired"),
        (ours.server("other.test", false, &[]), "it belongs to another name"),
    ];
    for (config, reason) in cases {
        let server = serve(config, 0).await;
        let error = trusting(&ours, &server.url).send(&Ask::get("/x")).await.unwrap_err();
        assert_eq!((error.kind(), error.maybe_processed()), (ErrorKind::Tls, false), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(server.connections.load(Ordering::SeqCst), 1, "{reason}");
    }
}

#[tokio::test]
async fn f05_a_handshake_that_is_cut_off_is_tried_again_by_every_class() {
    let authority = Authority::new("ours");
    let server = serve(authority.server("localhost", false, &[]), 2).await;
    let hub = trusting(&authority, &server.url);
    assert_eq!(hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap(), "fine");
    assert_eq!(server.connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn http2_is_offered_to_the_endpoint_and_to_no_other_host() {
    let authority = Authority::new("ours");
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(authority.server("localhost", false, &[b"h2", b"http/1.1"])));
    let log = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = acceptor.accept(stream).await.unwrap();
            log.lock().unwrap().push(stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec));
        }
    });
    let url = format!("https://localhost:{port}");
    trusting(&authority, &url)
        .send(&Ask::new(http::Method::GET, "/x", RetryClass::Append))
        .await
        .unwrap_err();
    let elsewhere = trusting(&authority, "https://hub.test");
    elsewhere.send(&Ask::new(http::Method::GET, format!("{url}/x"), RetryClass::Append)).await.unwrap_err();
    assert_eq!(*seen.lock().unwrap(), [Some(b"h2".to_vec()), Some(b"http/1.1".to_vec())]);
}

#[tokio::test]
async fn f92_a_stream_that_the_server_refuses_was_not_sent_and_one_that_it_ends_may_have_been() {
    for (reason, again) in [(h2::Reason::REFUSED_STREAM, true), (h2::Reason::INTERNAL_ERROR, false)] {
        let authority = Authority::new("ours");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let acceptor = TlsAcceptor::from(Arc::new(authority.server("localhost", false, &[b"h2"])));
        tokio::spawn(async move {
            let stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            let mut first = true;
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                if std::mem::take(&mut first) {
                    respond.send_reset(reason);
                } else {
                    respond.send_response(http::Response::new(()), true).unwrap();
                }
            }
        });
        let result = trusting(&authority, &url).send(&Ask::post("/x", RetryClass::Append)).await;
        assert_eq!(result.is_ok(), again, "{result:?}");
        assert!(result.map_or_else(|error| error.maybe_processed(), |_| true));
    }
}

/// Reads HTTP/2 frames until the head of a request has come.
async fn request_head(stream: &mut (impl AsyncReadExt + Unpin)) {
    const HEADERS: u8 = 1;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        stream.read_exact(&mut vec![0; length as usize]).await.unwrap();
        if head[3] == HEADERS {
            return;
        }
    }
}

#[tokio::test]
async fn f92_a_stream_above_the_last_one_of_a_goaway_was_not_sent_and_one_below_may_have_been() {
    for (last, answered) in [(0, 2), (1, 1), (3, 0)] {
        let authority = Authority::new("ours");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let acceptor = TlsAcceptor::from(Arc::new(authority.server("localhost", false, &[b"h2"])));
        let came = Arc::new(Notify::new());
        let first_came = Arc::clone(&came);
        tokio::spawn(async move {
            let mut stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
            // Empty settings, then two requests, then GOAWAY without an error, then the end.
            stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
            stream.read_exact(&mut [0; b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len()]).await.unwrap();
            request_head(&mut stream).await;
            first_came.notify_one();
            request_head(&mut stream).await;
            let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, last, 0, 0, 0, 0];
            stream.write_all(&goaway).await.unwrap();
            // The client may be quicker.
            let _ = stream.shutdown().await;
            loop {
                // The client gives up a second connection that it opened in vain.
                let Ok(stream) = acceptor.accept(listener.accept().await.unwrap().0).await else { continue };
                let Ok(mut connection) = h2::server::handshake(stream).await else { continue };
                tokio::spawn(async move {
                    while let Some(Ok((_, mut respond))) = connection.accept().await {
                        respond.send_response(http::Response::new(()), true).unwrap();
                    }
                });
            }
        });
        let hub = trusting(&authority, &url);
        let ask = Ask::post("/x", RetryClass::Append);
        // The second one goes over the same connection, because that is there.
        let second = async {
            came.notified().await;
            hub.send(&ask).await
        };
        let (one, two) = tokio::join!(hub.send(&ask), second);
        let (good, bad): (Vec<_>, Vec<_>) = [one, two].into_iter().partition(Result::is_ok);
        assert_eq!(good.len(), answered, "last {last}: {bad:?}");
        assert!(bad.into_iter().all(|error| error.unwrap_err().maybe_processed()), "last {last}");
    }
}

#[test]
fn what_is_not_a_certificate_is_refused_when_it_is_given() {
    for pem in ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        assert_eq!(Tls::only(pem.as_bytes()).unwrap_err().kind(), ErrorKind::Build);
    }
    Tls::only_file(std::path::Path::new("/nonexistent/ca.pem")).unwrap_err();
}

#[tokio::test]
async fn https_on_an_http_port_and_http_on_an_https_port_are_recognised() {
    use crate::wire::{Act, response};
    // A server of plain http, spoken to in TLS.
    let script = vec![Act::Read(5), response("400 Bad Request", "", "what?"), Act::Linger];
    let plain = crate::wire::Server::start(vec![script.clone(), script]).await;
    let hub = quick(&plain.url().replace("http://", "https://")).build().unwrap();
    let error = hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_processed(), plain.connections()), (ErrorKind::Tls, false, 1));
    assert!(error.to_string().contains("write http://"), "{error}");

    // A server of TLS, spoken to in plain http: it answers with an alert.
    let authority = Authority::new("an authority");
    let tls = serve(authority.server("localhost", false, &[b"http/1.1"]), 0).await;
    let hub = quick(&tls.url.replace("https://", "http://")).build().unwrap();
    let error = hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_processed()), (ErrorKind::Protocol, false), "{error} {error:?}");
    assert!(error.to_string().contains("write https://"), "{error}");
    assert_eq!(error.context().attempts, 1);
}

#[test]
fn an_empty_variable_hides_no_other() {
    let authority = Authority::new("ours");
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle.pem");
    std::fs::write(&bundle, &authority.pem).unwrap();
    let named = bundle.to_str().unwrap().to_owned();
    let tls =
        Tls::from_vars(|name| Some(if name == "CURL_CA_BUNDLE" { named.clone() } else { String::new() }));
    assert_eq!(format!("{:?}", tls.unwrap()), "Tls(1 certificates)");
}

#[tokio::test]
async fn the_hint_names_the_variable_that_is_in_force() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle.pem");
    std::fs::write(&bundle, &ours.pem).unwrap();
    let path = bundle.to_str().unwrap();
    for variable in ["CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"] {
        let tls = Tls::from_vars(|name| (name == variable).then(|| path.to_owned())).unwrap();
        let server = serve(theirs.server("localhost", false, &[]), 0).await;
        let error = quick(&server.url).tls(tls).build().unwrap().send(&Ask::get("/x")).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&format!("{variable} is set")) && text.contains(path), "{text}");
        assert!(!text.contains("SSL_CERT_FILE"), "it would have no effect: {text}");
        let lost = Tls::from_vars(|name| (name == variable).then(|| "/nonexistent/ca.pem".to_owned()));
        assert!(lost.unwrap_err().to_string().contains(variable), "a file that is not there");
    }
    let server = serve(theirs.server("localhost", false, &[]), 0).await;
    let error = trusting(&ours, &server.url).send(&Ask::get("/x")).await.unwrap_err();
    assert!(!error.to_string().contains("SSL_CERT_FILE"), "{error}");
}

/// A certificate by its form, and none by its content.
const ODD: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

#[tokio::test]
async fn one_odd_certificate_of_a_bundle_does_not_spoil_the_others() {
    let authority = Authority::new("ours");
    let server = serve(authority.server("localhost", false, &[]), 0).await;
    let bundle = format!("{ODD}{}", authority.pem);
    for tls in [Tls::only(bundle.as_bytes()), Tls::system_and(bundle.as_bytes())] {
        let hub = quick(&server.url).tls(tls.unwrap()).build().unwrap();
        assert_eq!(hub.send(&Ask::get("/x")).await.unwrap(), "fine");
    }
}

#[test]
fn a_bundle_without_any_usable_certificate_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("odd.pem");
    std::fs::write(&bundle, ODD).unwrap();
    let error = Tls::only_file(&bundle).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(error.to_string().contains("odd.pem"), "{error}");
}
