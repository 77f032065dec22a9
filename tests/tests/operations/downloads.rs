//! Files that are read, and listings.

use hub_api::{CommitOperation, CommitOperationAdd};
use hub_tests::model::{Fault, Rules, Trouble};
use hub_tests::noise;

use crate::judge::name_of;
use crate::scenario::{Place, Scenario, Work};

fn three_files(place: Place) -> Work<()> {
    Box::pin(async move {
        let files = [("a.txt", b"one".to_vec()), ("d/b.txt", b"two".to_vec()), ("w.bin", noise(5, 3000))];
        let add = |(path, content): (&str, Vec<u8>)| -> CommitOperation {
            CommitOperationAdd::new(path, content).unwrap().into()
        };
        place.api.create_commit("ada/demo", files.map(add).to_vec(), "Add files").await.unwrap();
    })
}

pub(crate) fn file() -> Scenario {
    let run: fn(Place) -> Work<_> = |place| {
        Box::pin(async move {
            let call = place.api.hf_hub_download("ada/demo", "d/b.txt");
            Ok(name_of(&call.local_dir(place.folder.join("got")).await?))
        })
    };
    Scenario { prepare: three_files, files: Some("got"), ..Scenario::new("download", run) }
}

pub(crate) fn lfs_file() -> Scenario {
    let run: fn(Place) -> Work<_> = |place| {
        Box::pin(async move {
            let call = place.api.hf_hub_download("ada/demo", "w.bin");
            Ok(name_of(&call.cache_dir(place.folder.join("got")).await?))
        })
    };
    Scenario { prepare: three_files, files: Some("got"), ..Scenario::new("download_lfs", run) }
}

pub(crate) fn snapshot() -> Scenario {
    let run: fn(Place) -> Work<_> = |place| {
        Box::pin(async move {
            let call = place.api.snapshot_download("ada/demo").max_workers(1);
            call.local_dir(place.folder.join("got")).await?;
            Ok("all of it".to_owned())
        })
    };
    Scenario { prepare: three_files, files: Some("got"), ..Scenario::new("snapshot", run) }
}

pub(crate) fn resumed() -> Scenario {
    let prepare: fn(Place) -> Work<()> = |place| {
        Box::pin(async move {
            three_files(place.clone()).await;
            // The content: of the model's store, or where the embedded Hub keeps large files.
            let content = |line: &str| line.starts_with("GET /store/") || line.contains("/objects/");
            place.hub.script(move |seen| content(&seen.line).then(|| Fault::after(Trouble::Broken)));
            let call = place.api.hf_hub_download("ada/demo", "w.bin");
            drop(call.local_dir(place.folder.join("got")).await);
            place.hub.heal();
        })
    };
    let run: fn(Place) -> Work<_> = |place| {
        Box::pin(async move {
            let call = place.api.hf_hub_download("ada/demo", "w.bin");
            Ok(name_of(&call.local_dir(place.folder.join("got")).await?))
        })
    };
    Scenario { prepare, files: Some("got"), ..Scenario::new("resumed", run) }
}

pub(crate) fn listing() -> Scenario {
    let run: fn(Place) -> Work<_> = |place| {
        Box::pin(async move {
            let entries = place.api.list_repo_tree("ada/demo").recursive(true).all().await?;
            let paths: Vec<String> = entries.into_iter().map(|entry| entry.path).collect();
            let history = place.api.list_repo_commits("ada/demo").all().await?;
            let titles: Vec<String> = history.into_iter().map(|commit| commit.title).collect();
            let refs = place.api.list_repo_refs("ada/demo").await?;
            let branches: Vec<String> = refs.branches.into_iter().map(|branch| branch.name).collect();
            Ok(format!("{paths:?} {titles:?} {branches:?}"))
        })
    };
    let rules = Rules { page: 2, ..Rules::default() };
    Scenario { rules, prepare: three_files, ..Scenario::new("listing", run) }
}
