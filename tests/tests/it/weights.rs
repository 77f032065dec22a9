//! Weights of an embedded Hub, without a download.

use std::io::{Read, Seek, SeekFrom};

use hub_api::{DownloadError, Error, HfApi, NetworkPolicy, transport::testing::Recorder};
use hub_server::EmbeddedHub;
use hub_tests::{ADA, ada, book::weights, client_of, hub, noise};

async fn hub_with_weights() -> EmbeddedHub {
    let hub = hub();
    ada(&hub).upload_file(weights(), "model.safetensors", "ada/demo").await.unwrap();
    hub
}

/// A client, and what it requests.
fn watched(hub: &EmbeddedHub) -> (HfApi, Recorder) {
    let recorder = Recorder::new();
    (client_of(hub).token(ADA).attempt_layer(recorder.layer()).build().unwrap(), recorder)
}

#[tokio::test]
async fn weights_are_counted_and_a_tensor_is_read() {
    let hub = hub_with_weights().await;
    let (api, _) = watched(&hub);
    let found = api.get_safetensors_metadata("ada/demo").await.unwrap();
    assert_eq!((found.parameter_count["F16"], found.parameter_count["F32"], found.size()), (6, 2, 20));
    let head = api.model_info("ada/demo").await.unwrap().sha.unwrap();
    assert_eq!(found.commit.as_ref().map(|commit| commit.as_str()), Some(head.as_str()));
    let file = api.parse_safetensors_file_metadata("ada/demo", "model.safetensors").await.unwrap();
    assert_eq!(found.files_metadata["model.safetensors"], file);
    let bias = api.model("ada/demo").tensor("bias").await.unwrap();
    assert_eq!(bias.data, [1.0f32, 2.0].map(f32::to_le_bytes).concat());

    let error = api.read_tensor("ada/demo", "none").await.unwrap_err();
    assert!(
        error.is_not_found() && error.to_string() == "model.safetensors has no tensor \"none\"",
        "{error}"
    );
    let other = api.get_safetensors_metadata("ada/none").await.unwrap_err();
    assert_eq!(other.kind(), Some(hub_api::ErrorKind::RepoNotFound));
    api.upload_file(noise(1, 100), "w.gguf", "ada/demo").await.unwrap();
    let broken = api.get_gguf_metadata("ada/demo", "w.gguf").await.unwrap_err();
    assert!(matches!(broken, Error::Download(DownloadError::Weights { .. })), "{broken}");
}

#[tokio::test]
async fn weights_of_the_cache_need_no_hub() {
    let hub = hub_with_weights().await;
    let folder = tempfile::tempdir().unwrap();
    let api = client_of(&hub).token(ADA).cache_dir(folder.path()).build().unwrap();
    let files = api.download_safetensors("ada/demo").await.unwrap();
    assert_eq!(std::fs::read(&files[0]).unwrap(), weights());
    assert_eq!(files.len(), 1);
    let offline = client_of(&hub).cache_dir(folder.path()).network(NetworkPolicy::Offline).build().unwrap();
    let found = offline.get_safetensors_metadata("ada/demo").local_files_only(true).await.unwrap();
    assert_eq!(found.parameter_count["F16"], 6);
    assert_eq!(offline.read_tensor("ada/demo", "bias").await.unwrap().data.len(), 8);
    assert_eq!(offline.download_safetensors("ada/demo").local_files_only(true).await.unwrap(), files);
    let empty = tempfile::tempdir().unwrap();
    let nothing = offline.get_safetensors_metadata("ada/demo").cache_dir(empty.path()).local_files_only(true);
    assert!(nothing.await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn weights_in_shards_of_the_cache_need_no_hub() {
    let hub = hub();
    let name = |number: usize| format!("model-{number:05}-of-00003.safetensors");
    let map: serde_json::Map<_, _> =
        (1..=3).map(|number| (format!("t{number}"), name(number).into())).collect();
    let index = serde_json::json!({"metadata": {"total_size": 24}, "weight_map": map}).to_string();
    ada(&hub).upload_file(index.into_bytes(), "model.safetensors.index.json", "ada/demo").await.unwrap();
    for number in 1..=3 {
        let head = format!("{{\"t{number}\":{{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}}}");
        let file = [&(head.len() as u64).to_le_bytes()[..], head.as_bytes(), &[number; 8]].concat();
        ada(&hub).upload_file(file, name(number.into()), "ada/demo").await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let api = client_of(&hub).token(ADA).cache_dir(folder.path()).build().unwrap();
    api.snapshot_download("ada/demo").await.unwrap();
    let offline = client_of(&hub).cache_dir(folder.path()).network(NetworkPolicy::Offline).build().unwrap();
    let found = offline.get_safetensors_metadata("ada/demo").await.unwrap();
    assert_eq!((found.parameter_count["F32"], found.files_metadata.len()), (6, 3));
    assert_eq!(offline.read_tensor("ada/demo", "t3").await.unwrap().data, [3; 8]);
    assert_eq!(found, offline.get_safetensors_metadata("ada/demo").local_files_only(true).await.unwrap());
}

/// What a library does with a file that it is given, without knowing where it is from.
fn last_and_first(file: &mut (impl Read + Seek)) -> (Vec<u8>, [u8; 8]) {
    let (mut last, mut first) = (Vec::new(), [0; 8]);
    file.seek(SeekFrom::End(-10_000)).unwrap();
    file.read_to_end(&mut last).unwrap();
    file.rewind().unwrap();
    file.read_exact(&mut first).unwrap();
    (last, first)
}

#[test]
fn a_blocking_file_is_a_read_and_a_seek() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (hub, content) = (hub(), noise(1, 400_000));
    runtime.block_on(async { ada(&hub).upload_file(content.clone(), "w.bin", "ada/demo").await }).unwrap();
    let api = client_of(&hub).token(ADA).build_blocking().unwrap();
    let mut file = api.open_file("ada/demo", "w.bin").block_size(64 << 10).send().unwrap();
    let mut here = std::io::Cursor::new(content);
    assert_eq!(last_and_first(&mut file), last_and_first(&mut here));
    assert_eq!(file.size(), 400_000);
    assert_eq!(file.seek(SeekFrom::Current(-9)).unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
    file.seek(SeekFrom::Start(u64::MAX)).unwrap();
    assert_eq!(file.read(&mut [0; 4]).unwrap(), 0);
}

#[tokio::test]
async fn a_file_stays_that_of_its_commit() {
    use tokio::io::{AsyncReadExt, AsyncSeekExt};
    let hub = hub();
    let (api, _) = watched(&hub);
    api.upload_file(noise(1, 300_000), "w.bin", "ada/demo").await.unwrap();
    let mut file = api.model("ada/demo").file("w.bin").open().await.unwrap();
    let mut byte = [0];
    file.read_exact(&mut byte).await.unwrap();
    api.upload_file(noise(2, 300_000), "w.bin", "ada/demo").await.unwrap();
    file.seek(SeekFrom::End(-1)).await.unwrap();
    file.read_exact(&mut byte).await.unwrap();
    assert_eq!(byte[0], noise(1, 300_000)[299_999]);
}
