//! What is taken of a folder, and what is listed as left out.

use std::fs;

use super::*;

fn folder(files: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in files {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    dir
}

fn paths(operations: &[CommitOperation]) -> Vec<&str> {
    operations.iter().map(CommitOperation::path_in_repo).collect()
}

#[test]
fn files_come_sorted_and_the_bookkeeping_of_tools_is_left_out() {
    let dir = folder(&[
        "b.txt",
        "a/z",
        "a.txt",
        ".git/config",
        "sub/.git/x",
        ".cache/huggingface/download/x",
        ".gitignore",
    ]);
    let found = scan(dir.path(), &FolderOptions::new()).unwrap();
    assert_eq!(paths(&found), [".gitignore", "a.txt", "a/z", "b.txt"]);
}

#[test]
fn patterns_see_the_path_inside_the_folder() {
    let dir = folder(&["a.bin", "x/a.bin", "x/b.txt"]);
    let options =
        FolderOptions::new().allow_patterns(["x/"]).ignore_patterns(["*.txt"]).path_in_repo("./up/");
    assert_eq!(paths(&scan(dir.path(), &options).unwrap()), ["up/x/a.bin"]);
}

#[test]
fn every_spelling_of_the_root_is_the_root() {
    for root in ["", ".", "./"] {
        let dir = folder(&["a"]);
        let found = scan(dir.path(), &FolderOptions::new().path_in_repo(root)).unwrap();
        assert_eq!(paths(&found), ["a"], "{root:?}");
    }
}

fn skipped(dir: &Path, options: &FolderOptions) -> Vec<(String, Reason)> {
    list(dir, options).unwrap().skipped.into_iter().map(|one| (one.path, one.reason)).collect()
}

#[test]
fn everything_that_is_left_out_is_listed_with_its_reason() {
    let dir = folder(&["a.txt", "b.tmp", "c.bin", ".git/config", "sub/.git", ".cache/huggingface/x"]);
    fs::create_dir_all(dir.path().join("empty/inner")).unwrap();
    let options =
        FolderOptions::new().path_in_repo("up").allow_patterns(["*.t*"]).ignore_patterns(["x", "*.tmp"]);
    let expected = [
        ("up/.cache/huggingface/", Reason::HubCache),
        ("up/.git/", Reason::Git),
        ("up/b.tmp", Reason::IgnorePattern { pattern: "*.tmp".into() }),
        ("up/c.bin", Reason::NotAllowed),
        ("up/empty/inner/", Reason::EmptyFolder),
        ("up/sub/.git", Reason::Git),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(path, reason)| (path.to_owned(), reason)).collect();
    assert_eq!(skipped(dir.path(), &options), expected);
}

#[test]
fn hidden_files_are_files() {
    let dir = folder(&[".hidden", ".dir/x"]);
    assert_eq!(paths(&scan(dir.path(), &FolderOptions::new()).unwrap()), [".dir/x", ".hidden"]);
}

#[test]
fn a_file_is_not_a_folder() {
    let dir = folder(&["a"]);
    let error = scan(&dir.path().join("a"), &FolderOptions::new()).unwrap_err();
    assert!(matches!(error, CommitError::InvalidOperation(_)));
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn f71_all_that_cannot_be_uploaded_is_named_at_once() {
        let dir = folder(&["ok"]);
        fs::write(dir.path().join(OsStr::from_bytes(b"bad\xff")), "x").unwrap();
        symlink(dir.path().join("nowhere"), dir.path().join("broken")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
        let following = FolderOptions::new().links(Links::Follow);
        let Err(CommitError::Sources(problems)) = scan(dir.path(), &following) else { panic!() };
        assert_eq!(problems.len(), 3, "{problems:?}");
        let text = CommitError::Sources(problems).to_string();
        for part in [r"bad\xFF", "broken\" does not exist", "socket\" is not a regular file"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn what_the_patterns_leave_out_is_no_problem() {
        let dir = folder(&["ok"]);
        symlink(dir.path().join("nowhere"), dir.path().join("broken")).unwrap();
        let found = scan(dir.path(), &FolderOptions::new().ignore_patterns(["broken"])).unwrap();
        assert_eq!(paths(&found), ["ok"]);
    }

    #[test]
    fn a_folder_that_the_patterns_leave_out_is_not_read() {
        let dir = folder(&["ok", "out/deep/x"]);
        // Whoever read it would stumble over this.
        fs::write(dir.path().join("out").join(OsStr::from_bytes(b"bad\xff")), "x").unwrap();
        let options = FolderOptions::new().ignore_patterns(["out/*"]);
        assert_eq!(paths(&scan(dir.path(), &options).unwrap()), ["ok"]);
        let reason = Reason::IgnorePattern { pattern: "out/*".into() };
        assert_eq!(skipped(dir.path(), &options), [("out/".to_owned(), reason)]);
    }

    #[test]
    fn f70_links_to_files_are_followed_and_those_to_folders_when_asked() {
        let outside = folder(&["data/x"]);
        let dir = folder(&["real"]);
        symlink(dir.path().join("real"), dir.path().join("alias")).unwrap();
        symlink(outside.path().join("data"), dir.path().join("linked")).unwrap();
        let found = scan(dir.path(), &FolderOptions::new()).unwrap();
        assert_eq!(paths(&found), ["alias", "real"]);
        let following = FolderOptions::new().links(Links::Follow);
        assert_eq!(paths(&scan(dir.path(), &following).unwrap()), ["alias", "linked/x", "real"]);
    }

    #[test]
    fn links_can_be_left_out_or_refused() {
        let dir = folder(&["real/x"]);
        for (target, name) in [("real", "folder"), ("real/x", "file"), ("nowhere", "broken")] {
            symlink(dir.path().join(target), dir.path().join(name)).unwrap();
        }
        let found = list(dir.path(), &FolderOptions::new().links(Links::Skip)).unwrap();
        assert_eq!(paths(&found.operations), ["real/x"]);
        let skipped: Vec<_> = found.skipped.iter().map(|one| (one.path.as_str(), &one.reason)).collect();
        let expected =
            [("broken", &Reason::FileLink), ("file", &Reason::FileLink), ("folder/", &Reason::FolderLink)];
        assert_eq!(skipped, expected);
        let refusing = FolderOptions::new().links(Links::Refuse);
        let Err(CommitError::Sources(problems)) = scan(dir.path(), &refusing) else { panic!() };
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems.iter().all(|problem| matches!(problem, SourceProblem::Link { .. })));
    }

    #[test]
    fn f70_a_link_to_a_folder_above_is_left_out_unless_links_to_folders_are_followed() {
        let dir = folder(&["sub/x"]);
        symlink(dir.path(), dir.path().join("sub/up")).unwrap();
        assert_eq!(paths(&scan(dir.path(), &FolderOptions::new()).unwrap()), ["sub/x"]);
        let expected = [("sub/up/".to_owned(), Reason::FolderLink)];
        assert_eq!(skipped(dir.path(), &FolderOptions::new()), expected);
    }

    #[test]
    fn f70_a_link_back_to_a_folder_above_is_an_error() {
        let dir = folder(&["sub/x"]);
        symlink(dir.path(), dir.path().join("sub/up")).unwrap();
        let following = FolderOptions::new().links(Links::Follow);
        let Err(CommitError::Sources(problems)) = scan(dir.path(), &following) else { panic!() };
        assert!(matches!(problems.as_slice(), [SourceProblem::Loop { .. }]), "{problems:?}");
    }
}
