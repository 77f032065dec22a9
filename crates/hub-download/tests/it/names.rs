//! Names that lead elsewhere, and names that are one.

use std::{fs, path::Path, sync::Arc};

use hub_download::{Disk, DownloadError};
use hub_transport::testing::reply;
use proptest::prelude::*;

use crate::server::{COMMIT, described, targets};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn f72_one_hostile_name_fails_the_snapshot_before_anything_is_written() {
    let long = "x".repeat(256);
    let hostile = [
        "../x",
        "a/../../x",
        "..",
        "/etc/x",
        "a//b",
        "a/./b",
        "",
        "a/",
        ".git/config",
        "a/.GIT/x",
        "a\0b",
        &long,
    ];
    for name in hostile {
        for place in targets() {
            let (outcome, script) = place.snapshot(&["fine.txt", name]).await;
            let error = outcome.unwrap_err();
            let kind = error.as_transport().map(hub_transport::Error::kind);
            // One that only this system cannot store is no fault of the server.
            let expected = (name != long).then_some(hub_transport::ErrorKind::Decode);
            assert_eq!(kind, expected, "{name:?}: {error}");
            assert_eq!(script.requests().len(), 1, "{name:?}: only the listing is asked for");
            place.assert_empty();
            assert!(!place.folder.path().join("fine.txt").exists());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn f72_whatever_the_names_are_nothing_is_written_outside(
        names in prop::collection::vec("[a-c./\\\\: ]{1,8}", 1..4)
    ) {
        let outer = tempfile::tempdir().unwrap();
        for mut place in targets() {
            let inner = outer.path().join("inner");
            fs::create_dir_all(&inner).unwrap();
            place.target = match place.target {
                hub_download::Target::Cache(_) => hub_download::Target::Cache(hub_download::Cache::new(&inner)),
                hub_download::Target::Folder(_) => hub_download::Target::Folder(inner.clone()),
            };
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            drop(runtime().block_on(place.snapshot(&names)));
            prop_assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
            fs::remove_dir_all(&inner).unwrap();
        }
    }
}

#[derive(Debug)]
struct Folding {
    case: bool,
    forms: bool,
}

impl Disk for Folding {
    fn folds_case(&self, _: &Path) -> bool {
        self.case
    }

    fn folds_forms(&self, _: &Path) -> bool {
        self.forms
    }
}

#[tokio::test(start_paused = true)]
async fn f73_two_names_that_the_disk_takes_for_one_are_refused_before_anything_is_written() {
    let none = Folding { case: false, forms: false };
    let (case, forms) = (Folding { case: true, ..none }, Folding { forms: true, ..none });
    for (one, other, folding) in [("README", "Readme", case), ("e\u{301}.txt", "\u{e9}.txt", forms)] {
        let (one, other) = (format!("d/{one}"), format!("d/{other}"));
        let disk = Arc::new(folding);
        for mut place in targets() {
            // The system's own disk is asked; elsewhere it may be either.
            if cfg!(target_os = "linux") {
                let folder = place.snapshot(&[&other, &one]).await.0.unwrap();
                assert!(folder.join(&one).is_file() && folder.join(&other).is_file());
            }
            place = place.another();
            place.options = place.options.clone().disk(disk.clone());
            let error = place.snapshot(&[&other, &one]).await.0.unwrap_err();
            assert!(matches!(error, DownloadError::Collision { .. }), "{error}");
            assert!(error.to_string().contains(&format!("{one} and {other} would be one file")), "{error}");
            place.assert_empty();
            place.another().snapshot(&["d/Readme", "D/other", "\u{e9}/a", "e\u{301}/b"]).await.0.unwrap();
        }
    }
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn f74_nothing_is_written_through_a_link_that_leads_out() {
    let place = targets().last().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("mine"), "mine").unwrap();
    let (out, at) = (outside.path(), place.folder.path());
    std::os::unix::fs::symlink(out, at.join("d")).unwrap();
    let error = place.snapshot(&["d/mine"]).await.0.unwrap_err();
    assert!(matches!(error, DownloadError::LeavesFolder { .. }), "{error}");
    // A link in the place of the file itself is replaced.
    std::os::unix::fs::symlink(out.join("mine"), at.join("w.bin")).unwrap();
    place.snapshot(&["w.bin"]).await.0.unwrap();
    assert_eq!(fs::read_to_string(at.join("w.bin")).unwrap(), "!");
    assert_eq!(fs::read_to_string(out.join("mine")).unwrap(), "mine");
    assert_eq!(fs::read_dir(out).unwrap().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn f75_a_hostile_etag_or_commit_names_no_file() {
    let long = "a".repeat(4096);
    for etag in ["../../../x", "/etc/passwd", "a/b", "..", &long] {
        for place in targets() {
            let (outcome, _) =
                place.download([described(COMMIT, etag, 1), reply(404), reply(200).text("!")]).await;
            let path = outcome.unwrap().canonicalize().unwrap();
            assert!(path.starts_with(place.folder.path().canonicalize().unwrap()), "{etag}: {path:?}");
        }
    }
    for commit in ["../../x", "main", "", &"g".repeat(40), &long] {
        for place in targets() {
            let error = place.download([described(commit, &"a".repeat(40), 1)]).await.0.unwrap_err();
            assert!(matches!(error, DownloadError::Metadata { .. }), "{commit}: {error}");
            place.assert_empty();
        }
    }
}
