//! Commits.

use hub_api::{CommitOperation, CommitOperationAdd, CommitOperationDelete, IsFolder};
use hub_tests::model::Rules;
use hub_tests::noise;

use crate::scenario::{Place, Scenario, Work, place_of};

fn add(path: &str, content: impl Into<Vec<u8>>) -> CommitOperation {
    CommitOperationAdd::new(path, content.into()).unwrap().into()
}

fn delete(path: &str, folder: IsFolder) -> CommitOperation {
    CommitOperationDelete::new(path, folder).unwrap().into()
}

async fn commit(place: Place, operations: Vec<CommitOperation>) -> Result<String, hub_api::Error> {
    let info = place.api.create_commit("ada/demo", operations, "Add files").await?;
    Ok(place_of(&place.hub, &info.oid).await)
}

pub(crate) fn small_files() -> Scenario {
    Scenario::new("small_files", |place| {
        Box::pin(commit(place, vec![add("a.txt", "one"), add("d/b.txt", "two"), add("d/c.txt", "three")]))
    })
}

pub(crate) fn lfs_basic() -> Scenario {
    Scenario::new("lfs_basic", |place| Box::pin(commit(place, vec![add("w.bin", noise(1, 300))])))
}

pub(crate) fn xet() -> Scenario {
    let run: fn(Place) -> Work<_> =
        |place| Box::pin(commit(place, vec![add("w.bin", noise(1, 300_000)), add("a.txt", "one")]));
    Scenario { xet: true, ..Scenario::new("xet_upload", run) }
}

pub(crate) fn lfs_multipart() -> Scenario {
    let rules = Rules { part_size: Some(128), ..Rules::default() };
    let run: fn(Place) -> Work<_> = |place| Box::pin(commit(place, vec![add("w.bin", noise(2, 300))]));
    Scenario { rules, ..Scenario::new("lfs_multipart", run) }
}

pub(crate) fn folder() -> Scenario {
    Scenario::new("folder", |place| {
        Box::pin(async move {
            let folder = place.folder.join("model");
            std::fs::create_dir_all(folder.join("d")).unwrap();
            for (path, content) in
                [("a.txt", b"one".to_vec()), ("d/b.txt", b"two".to_vec()), ("w.bin", noise(3, 200))]
            {
                std::fs::write(folder.join(path), content).unwrap();
            }
            let info = place.api.upload_folder("ada/demo", &folder).await?;
            Ok(place_of(&place.hub, &info.oid).await)
        })
    })
}

pub(crate) fn deletions() -> Scenario {
    let run: fn(Place) -> Work<_> = |place| {
        Box::pin(commit(
            place,
            vec![delete("a.txt", IsFolder::File), delete("d/", IsFolder::Folder), add("n", "new")],
        ))
    };
    let prepare: fn(Place) -> Work<()> = |place| {
        Box::pin(async move {
            commit(place, vec![add("a.txt", "one"), add("d/b.txt", "two"), add("keep", "kept")])
                .await
                .unwrap();
        })
    };
    Scenario { prepare, ..Scenario::new("deletions", run) }
}

pub(crate) fn pull_request() -> Scenario {
    Scenario::new("pull_request", |place| {
        Box::pin(async move {
            let work = vec![add("a.txt", "one"), add("w.bin", noise(4, 200))];
            let info = place.api.create_commit("ada/demo", work, "Add files").create_pr(true).await?;
            Ok(format!("pull request {:?}", info.pr_num))
        })
    })
}
