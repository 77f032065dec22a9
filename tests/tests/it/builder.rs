//! One builder for everything that a client can be told.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
};

use hub_api::{
    BlockingHfApi, ErrorKind, HfApi, NetworkPolicy, Token,
    transport::{ByteStream, Connect, RetryConfig, Tls, TokenUse, Transport, testing::Recorder},
};
use hub_tests::{ADA, BOB, ada, client_of, hub};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn finished(hub: &hub_server::EmbeddedHub) -> Transport {
    let token = Arc::new(Token::new(ADA).unwrap());
    Transport::builder("http://hub.localhost")
        .inner_service(hub.clone())
        .inner_is_private()
        .token_source(token)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_client_over_a_finished_transport_has_a_cache_a_policy_and_a_token() {
    let hub = hub();
    ada(&hub).upload_file(&b"1"[..], "a", "ada/demo").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let over = |policy| HfApi::builder_over(finished(&hub)).cache_dir(folder.path()).network(policy);

    let api = over(NetworkPolicy::Online).build().unwrap();
    assert_eq!(api.whoami().await.unwrap().name, "ada");
    let file = api.hf_hub_download("ada/demo", "a").await.unwrap();
    assert!(file.starts_with(folder.path()));

    let api = over(NetworkPolicy::Offline).build().unwrap();
    assert_eq!(api.whoami().await.unwrap_err().kind(), Some(ErrorKind::Offline));
    assert_eq!(api.hf_hub_download("ada/demo", "a").await.unwrap(), file);

    let api = over(NetworkPolicy::PreferCache).token(BOB).build().unwrap();
    assert_eq!(
        (api.network(), api.whoami().await.unwrap().name.as_str()),
        (NetworkPolicy::PreferCache, "bob")
    );
}

#[test]
fn a_blocking_client_is_made_over_a_finished_transport() {
    let api: BlockingHfApi = HfApi::builder_over(finished(&hub())).build_blocking().unwrap();
    assert_eq!(api.whoami().send().unwrap().name, "ada");
}

#[test]
fn a_setting_that_comes_too_late_is_an_error_that_names_it() {
    let over = || HfApi::builder_over(finished(&hub()));
    for (builder, name) in [
        (over().endpoint("https://else.test"), "`endpoint`"),
        (over().header("a", "b"), "`header`"),
        (over().allow_http_token(true), "`allow_http_token`"),
        (over().library("x", "1"), "`library_name`"),
        (over().map_transport(|transport| transport), "`map_transport`"),
    ] {
        let error = builder.build().unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn the_settings_of_a_transport_reach_the_requests_of_the_client() {
    let (hub, recorder) = (hub(), Recorder::new());
    let settings = Transport::builder("http://hub.localhost")
        .inner_service(hub)
        .inner_is_private()
        .header("x-team", "weather");
    let api = HfApi::builder()
        .token(ADA)
        .network(NetworkPolicy::Online)
        .transport(settings)
        .library("lib", "1.0")
        .map_transport(|transport| transport.attempt_layer(recorder.layer()))
        .header("x-more", "one")
        .concurrency_limit(1)
        .build()
        .unwrap();
    assert_eq!(api.whoami().await.unwrap().name, "ada");
    let seen = &recorder.requests()[0];
    // Headers of the client may hold secrets and are recorded without their values.
    assert!(seen.header("x-team").is_some() && seen.header("x-more").is_some());
    assert!(seen.header("user-agent").unwrap().starts_with("lib/1.0"));

    let offline = Transport::builder("http://hub.localhost");
    let offline = HfApi::builder().network(NetworkPolicy::Offline).transport(offline).build().unwrap();
    assert_eq!(offline.whoami().await.unwrap_err().kind(), Some(ErrorKind::Offline));
}

/// Opens no connection: says whom it was to connect to, and answers every request with 401.
#[derive(Clone, Default)]
struct Pretend(Arc<Mutex<String>>);

impl Connect for Pretend {
    fn connect(&self, host: &str, port: u16) -> Pin<Box<dyn Future<Output = io::Result<ByteStream>> + Send>> {
        let (seen, (ours, mut theirs)) = (Arc::clone(&self.0), tokio::io::duplex(4096));
        seen.lock().unwrap().push_str(&format!("to {host}:{port}\n"));
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(theirs.read_u8().await.unwrap());
            }
            seen.lock().unwrap().push_str(&String::from_utf8_lossy(&head));
            theirs.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        });
        Box::pin(async { Ok(ByteStream::new(ours)) })
    }
}

#[tokio::test]
async fn plain_http_to_another_machine_gets_the_token_only_when_the_client_is_told_so() {
    for allowed in [false, true] {
        let wire = Pretend::default();
        let api = HfApi::builder()
            .endpoint("http://hub.company.test:8080")
            .token(ADA)
            .allow_http_token(allowed)
            .connector(Arc::new(wire.clone()))
            .tls(Tls::system())
            .retry(RetryConfig::none())
            .build()
            .unwrap();
        let error = api.whoami().await.unwrap_err();
        let seen = wire.0.lock().unwrap().clone();
        assert!(seen.starts_with("to hub.company.test:8080\nGET /api/whoami-v2"), "{seen}");
        assert_eq!(seen.contains(ADA), allowed);
        let withheld = matches!(error.transport().unwrap().context().token, Some(TokenUse::Withheld(_)));
        assert_eq!(withheld, !allowed);
        assert_eq!(error.to_string().contains("allow it with allow_http_token"), !allowed, "{error}");
    }
}

#[tokio::test]
async fn a_source_that_needs_a_server_is_made_with_the_transport_of_the_client() {
    let hub = hub();
    let recorder = Recorder::new();
    let api = client_of(&hub)
        .attempt_layer(recorder.layer())
        .token_source_over(|transport| Asks(transport.clone()))
        .build()
        .unwrap();
    assert_eq!(api.whoami().await.unwrap().name, "ada");
    let seen: Vec<_> = recorder.requests().iter().map(|seen| (seen.line(), seen.has_token())).collect();
    assert_eq!(
        seen,
        [("GET /api/models/ada/demo".to_owned(), false), ("GET /api/whoami-v2".to_owned(), true)]
    );
}

/// Looks at the Hub before it gives the token.
#[derive(Debug)]
struct Asks(Transport);

impl hub_api::auth::TokenSource for Asks {
    fn token(&self, _: hub_api::auth::TokenRequest) -> hub_api::auth::GrantFuture<'_> {
        Box::pin(async move {
            let api = HfApi::from_transport(self.0.clone());
            let known = api.model_info("ada/demo").await;
            known.map_err(|error| hub_api::auth::AuthError::failed("the Hub is not there", error))?;
            Ok(hub_api::auth::Grant::new(Token::new(ADA)?))
        })
    }
}
