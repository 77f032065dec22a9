//! Reading files without keeping them.

use std::io::Read;

use futures_util::TryStreamExt;
use hub_api::{DownloadError, Error, ErrorKind, HfApi, NetworkPolicy, transport::testing::Recorder};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ADA, ada, client_of, lfs_hub as hub, noise};
use hub_transport::{Body, BoxError};
use tokio::io::AsyncReadExt;

const SIZE: usize = 400_000;

/// A Hub with a large and a small file.
async fn hub_with_files() -> EmbeddedHub {
    let hub = hub();
    let api = ada(&hub);
    api.upload_file(noise(1, SIZE), "w.bin", "ada/demo").await.unwrap();
    api.upload_file(&b"hello world"[..], "a.txt", "ada/demo").await.unwrap();
    hub
}

async fn all(api: &HfApi, path: &str, range: std::ops::Range<u64>) -> Result<Vec<u8>, Error> {
    let mut reader = api.read_file("ada/demo", path).range(range).await?;
    let mut content = Vec::new();
    while let Some(chunk) = reader.try_next().await? {
        content.extend_from_slice(&chunk);
    }
    Ok(content)
}

#[tokio::test]
async fn a_file_and_its_parts_are_read() {
    let hub = hub_with_files().await;
    let api = ada(&hub);
    let content = noise(1, SIZE);
    for (range, expected) in [
        (0..u64::MAX, &content[..]),
        (10..20, &content[10..20]),
        (0..1, &content[..1]),
        (399_990..500_000, &content[399_990..]),
        (400_000..500_000, &[]),
        (7..7, &[]),
    ] {
        assert_eq!(all(&api, "w.bin", range.clone()).await.unwrap(), expected, "{range:?}");
    }
    assert_eq!(all(&api, "a.txt", 6..11).await.unwrap(), b"world");
    let reader = api.read_file("ada/demo", "a.txt").range(..=4).await.unwrap();
    assert_eq!((reader.size(), reader.range()), (11, 0..5));
    assert_eq!(reader.etag(), "95d09f2b10159347eece71399a7e2e907ea3df4f");
    assert_eq!(reader.commit().as_str(), api.model_info("ada/demo").await.unwrap().sha.unwrap());
}

#[test]
fn a_blocking_reader_that_failed_fails_again_and_one_that_ended_stays_at_its_end() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let hub = runtime.block_on(hub_with_files());
    let api = client_of(&hub).token(ADA).build_blocking().unwrap();
    let mut reader = api.read_file("ada/demo", "a.txt").send().unwrap();
    assert_eq!(reader.read(&mut []).unwrap(), 0, "no room for a byte is not the end");
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello world");
    assert!((0..3).all(|_| reader.read(&mut [0; 9]).unwrap() == 0));

    for _ in 0..2 {
        hub.fault(Fault::reset_after(100_000).on("GET").path("/info/lfs/objects/").times(1));
        hub.fault(Fault::status(404).on("GET").path("/info/lfs/objects/").times(1));
        let mut reader = api.read_file("ada/demo", "w.bin").send().unwrap();
        let mut content = Vec::new();
        reader.read_to_end(&mut content).unwrap_err();
        assert!(content.len() < SIZE && (0..3).all(|_| reader.read(&mut [0; 9]).is_err()));
        assert_eq!(reader.read(&mut []).unwrap(), 0);
    }
}

#[tokio::test]
async fn a_reader_is_an_async_read_too() {
    let hub = hub_with_files().await;
    let mut reader = ada(&hub).read_file("ada/demo", "w.bin").await.unwrap();
    let mut first = [0; 3];
    reader.read_exact(&mut first).await.unwrap();
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    assert_eq!([&first[..], &rest].concat(), noise(1, SIZE));
}

#[test]
fn a_blocking_reader_is_a_read() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hub = runtime.block_on(hub_with_files());
    let api = client_of(&hub).token(ADA).build_blocking().unwrap();
    let mut content = Vec::new();
    let mut reader = api.read_file("ada/demo", "w.bin").range(5..SIZE as u64 - 5).send().unwrap();
    reader.read_to_end(&mut content).unwrap();
    assert_eq!(content, noise(1, SIZE)[5..SIZE - 5]);
    assert_eq!((reader.size(), reader.read(&mut [0; 8]).unwrap()), (SIZE as u64, 0));
}

#[tokio::test]
async fn a_range_that_cannot_be_is_refused_before_the_content_is_asked_for() {
    let hub = hub_with_files().await;
    let recorder = Recorder::new();
    let api = client_of(&hub).token(ADA).attempt_layer(recorder.layer()).build().unwrap();
    let error = all(&api, "a.txt", 12..20).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::RangeNotSatisfiable));
    #[allow(clippy::reversed_empty_ranges, reason = "what is tested")]
    let backwards = 5..2;
    assert!(all(&api, "a.txt", backwards).await.unwrap_err().is_invalid_input());
    assert!(recorder.requests().iter().all(|request| request.method == "HEAD"));
    assert!(api.read_file("ada/demo", "../x").await.unwrap_err().is_invalid_input());
    let missing = api.read_file("ada/demo", "none").await.unwrap_err();
    assert_eq!(missing.kind(), Some(ErrorKind::EntryNotFound));
    let offline = client_of(&hub).network(NetworkPolicy::Offline).build().unwrap();
    let error = offline.read_file("ada/demo", "a.txt").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Offline));
}

#[tokio::test]
async fn f15_a_reader_goes_on_where_the_connection_broke() {
    for (range, first) in [(0..u64::MAX, None), (1000..350_000, Some("bytes=1000-349999"))] {
        let hub = hub_with_files().await;
        let recorder = Recorder::new();
        let api = client_of(&hub).token(ADA).attempt_layer(recorder.layer()).build().unwrap();
        hub.fault(Fault::reset_after(150_000).on("GET").path("/info/lfs/objects/").times(1));
        let end = range.end.min(SIZE as u64) as usize;
        let expected = &noise(1, SIZE)[range.start as usize..end];
        assert_eq!(all(&api, "w.bin", range).await.unwrap(), expected);
        let asked: Vec<_> = recorder
            .requests()
            .into_iter()
            .filter(|request| request.uri.path().contains("/info/lfs/objects/"))
            .map(|request| {
                let text = |name| request.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
                (text("range"), text("if-range").is_some())
            })
            .collect();
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert_eq!((asked[0].0.as_deref(), asked[0].1), (first, false));
        assert!(asked[1].0.as_deref().unwrap() > "bytes=1" && asked[1].1, "{asked:?}");
    }
}

#[tokio::test]
async fn f16_a_reader_goes_on_after_a_truncated_response() {
    let hub = hub_with_files().await;
    hub.fault(Fault::truncate_after(100_000).on("GET").path("/info/lfs/objects/").times(2));
    assert_eq!(all(&ada(&hub), "w.bin", 0..u64::MAX).await.unwrap(), noise(1, SIZE));
}

/// A client of a Hub between which somebody changes answers to `GET`.
fn changed(
    hub: &EmbeddedHub,
    change: impl Fn(&mut http::Response<Body>) + Clone + Send + Sync + 'static,
) -> HfApi {
    let hub = hub.clone();
    let inner_service = tower::service_fn(move |request: http::Request<Body>| {
        let (hub, change) = (hub.clone(), change.clone());
        async move {
            let get = request.method() == "GET";
            let mut response = tower::ServiceExt::oneshot(hub, request).await?.map(Body::once);
            if get {
                change(&mut response);
            }
            Ok::<_, BoxError>(response)
        }
    });
    HfApi::builder()
        .endpoint("http://hub.localhost")
        .token(ADA)
        .inner_service(inner_service)
        .inner_is_private()
        .build()
        .unwrap()
}

#[tokio::test]
async fn f94_a_response_with_other_bytes_is_an_error() {
    let hub = hub_with_files().await;
    for (name, value) in [
        ("content-range", "bytes 0-4/11"),
        ("content-range", "bytes 6-10/12"),
        ("content-range", "nonsense"),
        ("content-encoding", "gzip"),
    ] {
        let api = changed(&hub, move |response| {
            response.headers_mut().insert(name, value.parse().unwrap());
        });
        let error = all(&api, "a.txt", 6..11).await.unwrap_err();
        assert!(
            matches!(error, Error::Download(DownloadError::WrongResponse { .. })),
            "{name} {value}: {error}"
        );
        assert!(error.to_string().starts_with("a.txt: asked for bytes 6..11 of 11, got "), "{error}");
    }
}

#[tokio::test]
async fn f94_a_server_without_ranges_is_read_to_the_wanted_bytes() {
    let hub = hub_with_files().await;
    let inner_service = tower::service_fn(move |mut request: http::Request<Body>| {
        request.headers_mut().remove("range");
        tower::ServiceExt::oneshot(hub.clone(), request)
    });
    let api = HfApi::builder()
        .endpoint("http://hub.localhost")
        .token(ADA)
        .inner_service(inner_service)
        .inner_is_private()
        .build()
        .unwrap();
    assert_eq!(all(&api, "a.txt", 6..9).await.unwrap(), b"wor");
    assert_eq!(all(&api, "w.bin", 300_000..300_010).await.unwrap(), noise(1, SIZE)[300_000..300_010]);
}

#[tokio::test]
async fn a_wrong_content_ends_with_an_error_and_not_with_the_end() {
    let hub = hub_with_files().await;
    let api = changed(&hub, |response| *response.body_mut() = "HELLO WORLD".into());
    let mut reader = api.read_file("ada/demo", "a.txt").await.unwrap();
    let mut text = Vec::new();
    let error = reader.read_to_end(&mut text).await.unwrap_err();
    assert_eq!(text, b"HELLO WORLD");
    assert!(error.to_string().contains("does not match its hash"), "{error}");
    assert!(all(&api, "a.txt", 0..5).await.is_err(), "a range of the wrong length is noticed too");
}

/// A client with a cache that has `a.txt` of the present commit, the record of what it sends, and that commit.
async fn with_cached_file(
    hub: &EmbeddedHub,
    policy: NetworkPolicy,
) -> (HfApi, Recorder, String, tempfile::TempDir) {
    let (recorder, folder) = (Recorder::new(), tempfile::tempdir().unwrap());
    let online = client_of(hub).token(ADA).cache_dir(folder.path()).build().unwrap();
    online.hf_hub_download("ada/demo", "a.txt").await.unwrap();
    let commit = online.model_info("ada/demo").await.unwrap().sha.unwrap();
    let client = client_of(hub).token(ADA).cache_dir(folder.path()).network(policy);
    (client.attempt_layer(recorder.layer()).build().unwrap(), recorder, commit, folder)
}

#[tokio::test]
async fn a_file_of_a_commit_that_the_cache_has_is_read_without_a_request() {
    let hub = hub_with_files().await;
    let (api, recorder, commit, _folder) = with_cached_file(&hub, NetworkPolicy::Online).await;
    let mut text = String::new();
    let mut reader = api.read_file("ada/demo", "a.txt").revision(&commit).range(6..100).await.unwrap();
    reader.read_to_string(&mut text).await.unwrap();
    assert_eq!((text.as_str(), reader.size(), reader.range()), ("world", 11, 6..11));
    assert_eq!(reader.commit().as_str(), commit);
    assert_eq!(reader.etag(), "95d09f2b10159347eece71399a7e2e907ea3df4f");
    let behind = api.read_file("ada/demo", "a.txt").revision(&commit).range(12..).await.unwrap_err();
    assert_eq!(behind.kind(), Some(ErrorKind::RangeNotSatisfiable));
    let mut text = String::new();
    let mut local = api.read_file("ada/demo", "a.txt").local_files_only(true).await.unwrap();
    local.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "hello world");
    let missing = api.read_file("ada/demo", "w.bin").local_files_only(true).await.unwrap_err();
    assert!(matches!(missing, Error::Download(DownloadError::LocalEntryNotFound { .. })), "{missing}");
    assert!(recorder.requests().is_empty(), "{:?}", recorder.requests());
}

#[tokio::test]
async fn the_policy_says_whether_a_branch_of_the_cache_is_asked_about() {
    let hub = hub_with_files().await;
    for (policy, asked) in [
        (NetworkPolicy::Online, &["HEAD"][..]),
        (NetworkPolicy::PreferCache, &[]),
        (NetworkPolicy::Offline, &[]),
    ] {
        let (api, recorder, _, _folder) = with_cached_file(&hub, policy).await;
        assert_eq!(all(&api, "a.txt", 0..5).await.unwrap(), b"hello");
        let methods: Vec<_> = recorder.requests().iter().map(|request| request.method.to_string()).collect();
        assert_eq!(methods, asked, "{policy}");
        let other = all(&api, "w.bin", 0..5).await;
        assert_eq!(other.is_ok(), policy != NetworkPolicy::Offline, "{policy}");
    }
}

#[tokio::test]
async fn what_has_changed_on_the_hub_is_not_read_from_the_cache() {
    let hub = hub_with_files().await;
    let (api, _, commit, _folder) = with_cached_file(&hub, NetworkPolicy::Online).await;
    api.upload_file(&b"another"[..], "a.txt", "ada/demo").await.unwrap();
    assert_eq!(all(&api, "a.txt", 0..u64::MAX).await.unwrap(), b"another");
    let mut old = api.read_file("ada/demo", "a.txt").revision(&commit).await.unwrap();
    let mut text = String::new();
    old.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "hello world");
}

#[tokio::test]
async fn a_large_file_and_its_parts_are_read_from_the_cache() {
    let hub = hub_with_files().await;
    let (api, recorder, commit, _folder) = with_cached_file(&hub, NetworkPolicy::Offline).await;
    let online = client_of(&hub).token(ADA).cache_dir(api.cache_dir().unwrap()).build().unwrap();
    online.snapshot_download("ada/demo").revision(&commit).await.unwrap();
    let content = noise(1, SIZE);
    for (range, expected) in
        [(0..u64::MAX, &content[..]), (300_000..500_000, &content[300_000..]), (400_000..500_000, &[])]
    {
        assert_eq!(all(&api, "w.bin", range).await.unwrap(), expected);
    }
    let blob = online.read_file("ada/demo", "w.bin").revision(&commit).await.unwrap();
    assert!(matches!(blob.id(), hub_api::download::ContentId::Sha256(_)), "{blob:?}");
    assert!(recorder.requests().is_empty());
}
