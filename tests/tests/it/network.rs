//! What a client asks the network for, and whom.

use std::fs;

use hub_api::{ErrorKind, HfApi, HfApiBuilder, NetworkPolicy, transport::testing::Recorder};
use hub_server::{EmbeddedHub, TokenRole};
use hub_tests::{ADA, ada, client_of, hub, noise};
use hub_transport::{Body, BoxError};

/// A client with a cache, and the record of what it sends.
fn recorded(
    hub: &EmbeddedHub,
    change: impl FnOnce(HfApiBuilder) -> HfApiBuilder,
) -> (HfApi, Recorder, tempfile::TempDir) {
    let (recorder, folder) = (Recorder::new(), tempfile::tempdir().unwrap());
    let builder = client_of(hub).token(ADA).cache_dir(folder.path()).attempt_layer(recorder.layer());
    (change(builder).build().unwrap(), recorder, folder)
}

fn lines(recorder: &Recorder) -> Vec<String> {
    recorder.requests().iter().map(|request| request.line()).collect()
}

#[tokio::test]
async fn an_offline_client_calls_no_inner_service() {
    let inner_service = tower::service_fn(|request: http::Request<Body>| async move {
        assert!(
            request.uri().path().is_empty(),
            "the inner service was called: {} {}",
            request.method(),
            request.uri()
        );
        Err::<http::Response<Body>, BoxError>("not reached".into())
    });
    let folder = tempfile::tempdir().unwrap();
    let api = HfApi::builder()
        .inner_service(inner_service)
        .token(ADA)
        .cache_dir(folder.path())
        .network(NetworkPolicy::Offline);
    let api = api.build().unwrap();
    let kinds = [
        api.whoami().await.unwrap_err().kind(),
        api.create_repo("ada/other").await.unwrap_err().kind(),
        api.list_models().all().await.unwrap_err().kind(),
        api.upload_file(&b"x"[..], "x", "ada/demo").await.unwrap_err().kind(),
        api.hf_hub_download("ada/demo", "x").await.unwrap_err().kind(),
        api.snapshot_download("ada/demo").await.unwrap_err().kind(),
        api.hf_hub_download("ada/demo", "x").force_download(true).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [Some(ErrorKind::Offline); 7]);
    assert!(api.contacted_hosts().is_empty());
}

#[tokio::test]
async fn a_client_that_prefers_its_cache_asks_only_for_what_is_not_there() {
    let hub = hub();
    let writer = ada(&hub);
    let first = writer.upload_file(&b"1"[..], "a", "ada/demo").await.unwrap().oid;
    writer.upload_file(&b"2"[..], "b", "ada/demo").await.unwrap();
    let (api, recorder, _folder) = recorded(&hub, |client| client.network(NetworkPolicy::PreferCache));
    let place = api.hf_hub_download("ada/demo", "a").await.unwrap();
    assert!(!lines(&recorder).is_empty(), "nothing was known of main");

    writer.upload_file(&b"new"[..], "a", "ada/demo").await.unwrap();
    let before = lines(&recorder).len();
    assert_eq!(api.hf_hub_download("ada/demo", "a").await.unwrap(), place);
    assert_eq!(lines(&recorder).len(), before, "what is here is not asked about");

    let other = api.hf_hub_download("ada/demo", "b").await.unwrap();
    assert_eq!(other.parent(), place.parent(), "all files come from one commit");
    let asked = lines(&recorder).split_off(before);
    assert!(asked.iter().all(|line| line.ends_with("/b") && !line.contains("main")), "{asked:?}");

    let before = lines(&recorder).len();
    let snapshot = api.snapshot_download("ada/demo").ignore_patterns([".git*"]).await.unwrap();
    assert_eq!(Some(&*snapshot), place.parent());
    let asked = lines(&recorder).split_off(before);
    assert_eq!((asked.len(), asked[0].contains("/tree/")), (1, true), "{asked:?}");

    let before = lines(&recorder).len();
    api.snapshot_download("ada/demo").ignore_patterns([".git*"]).await.unwrap();
    assert_eq!(lines(&recorder).len(), before, "a snapshot that is here is not asked about");

    let newest = api.hf_hub_download("ada/demo", "a").force_download(true).await.unwrap();
    assert_eq!(fs::read_to_string(newest).unwrap(), "new");
    assert_ne!(api.model_info("ada/demo").await.unwrap().sha, Some(first), "other calls are not held back");
}

/// A Hub whose large files are on another host, with one of them.
async fn hub_with_storage_elsewhere() -> EmbeddedHub {
    let hub = EmbeddedHub::temporary()
        .token("ada", ADA, TokenRole::Write)
        .repo("ada/demo")
        .public_url("http://storage.localhost")
        .build()
        .unwrap();
    let api = ada(&hub);
    api.upload_file(noise(1, 50_000), "w.bin", "ada/demo").await.unwrap();
    assert_eq!(api.contacted_hosts(), ["hub.localhost", "storage.localhost"]);
    hub
}

#[tokio::test]
async fn storage_that_is_not_listed_is_not_contacted() {
    let hub = hub_with_storage_elsewhere().await;
    let (api, _, _folder) = recorded(&hub, |client| client.strict_origin([""; 0]));
    for error in [
        api.hf_hub_download("ada/demo", "w.bin").await.unwrap_err(),
        api.snapshot_download("ada/demo").await.unwrap_err(),
        api.upload_file(noise(2, 50_000), "v.bin", "ada/demo").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), Some(ErrorKind::HostNotAllowed), "{error}");
        let exchange = error.transport().unwrap().to_string();
        assert!(exchange.contains("storage.localhost is not among the hosts"), "{exchange}");
    }
    assert_eq!(api.contacted_hosts(), ["hub.localhost"]);
}

#[tokio::test]
async fn storage_that_is_listed_is_used() {
    let hub = hub_with_storage_elsewhere().await;
    for hosts in [["storage.localhost"], ["*.localhost"], ["storage.localhost:80"]] {
        let (api, _, _folder) = recorded(&hub, |client| client.strict_origin(hosts));
        let place = api.hf_hub_download("ada/demo", "w.bin").await.unwrap();
        assert_eq!(fs::read(place).unwrap(), noise(1, 50_000));
        assert_eq!(api.contacted_hosts(), ["hub.localhost", "storage.localhost"]);
    }
}

#[tokio::test]
async fn the_facts_of_a_file_are_those_of_the_file() {
    let hub = hub_with_storage_elsewhere().await;
    let api = ada(&hub);
    let commit = api.upload_file(&b"hello"[..], "d/a b.txt", "ada/demo").await.unwrap().oid;

    let url = api.hf_hub_url("ada/demo", "a b.txt").subfolder("d").await.unwrap();
    assert_eq!(url, "http://hub.localhost/ada/demo/resolve/main/d/a%20b.txt");
    let small = api.get_hf_file_metadata(&url).await.unwrap();
    assert_eq!((small.commit.as_str(), small.size), (&*commit, 5));
    assert_eq!(small.id.as_str(), "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
    assert_eq!(small.location.to_string(), url, "it is where it was asked for");

    let url = api.hf_hub_url("ada/demo", "w.bin").revision(&commit).await.unwrap();
    let large = api.get_hf_file_metadata(&url).await.unwrap();
    assert_eq!(large.size, 50_000);
    assert_eq!(large.location.host(), Some("storage.localhost"));
    let query = large.location.query().unwrap();
    assert!(!query.is_empty() && !format!("{large:?}").contains(query), "{large:?}");

    let error =
        api.get_hf_file_metadata("http://hub.localhost/ada/demo/resolve/main/none").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::EntryNotFound));
    assert!(api.get_hf_file_metadata("not a url").await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn a_url_is_made_for_any_kind_revision_and_hub() {
    let api = ada(&hub());
    let url = api.hf_hub_url("ada/nums", "a.csv").repo_type(hub_api::RepoType::Dataset);
    let url = url.revision("refs/pr/1").endpoint("https://hub.example/mirror").await.unwrap();
    assert_eq!(url, "https://hub.example/mirror/datasets/ada/nums/resolve/refs%2Fpr%2F1/a.csv");
    assert!(api.hf_hub_url("ada/demo", "../x").await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn the_cache_says_what_it_knows_of_a_file() {
    use hub_api::download::Cached;
    let hub = hub();
    let (api, recorder, _folder) = recorded(&hub, |client| client);
    ada(&hub).upload_file(&b"hello"[..], "a", "ada/demo").await.unwrap();
    let place = api.hf_hub_download("ada/demo", "a").await.unwrap();
    api.hf_hub_download("ada/demo", "none").await.unwrap_err();
    let before = recorder.requests().len();
    assert_eq!(api.try_to_load_from_cache("ada/demo", "a").await.unwrap(), Cached::File(place));
    assert_eq!(api.try_to_load_from_cache("ada/demo", "none").await.unwrap(), Cached::KnownMissing);
    assert_eq!(api.try_to_load_from_cache("ada/demo", "b").await.unwrap(), Cached::Unknown);
    let empty = tempfile::tempdir().unwrap();
    let elsewhere = api.try_to_load_from_cache("ada/demo", "a").cache_dir(empty.path());
    assert_eq!(elsewhere.await.unwrap(), Cached::Unknown);
    assert_eq!(recorder.requests().len(), before, "nothing is sent");
}
