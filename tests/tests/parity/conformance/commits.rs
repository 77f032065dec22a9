//! Commits, and the files that they leave.

use std::time::Duration;

use hub_api::{CommitOperationAdd, CommitOperationDelete, Error, IsFolder, RepoType, commit::CommitError};
use hub_tests::{ADA, folder_with};

/// The files of `ada/demo` besides `.gitattributes`.
macro_rules! files {
    ($api:ident, $run:ident) => {{
        let mut files = $run!($api.list_repo_files(repo_id = "ada/demo").token(ADA));
        files.retain(|file| file != ".gitattributes");
        files
    }};
}

/// Title and message of the newest commit.
macro_rules! newest {
    ($api:ident, $run:ident) => {{
        let commits = $run!(all $api.list_repo_commits(repo_id = "ada/demo").token(ADA));
        (commits[0].title.clone(), commits[0].message.clone())
    }};
}

macro_rules! create_commit {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let add = CommitOperationAdd::new("a.txt", &b"one"[..]).unwrap();
        let first = $run!(
            $api.create_commit(repo_id = "ada/demo", operations = [add.into()], commit_message = "First")
                .commit_description("why")
                .repo_type(RepoType::Model)
                .revision("main")
                .create_pr(false)
                .num_threads(2)
                .token(ADA)
        );
        assert_eq!(newest!($api, $run), ("First".to_owned(), "why".to_owned()));
        let delete = || CommitOperationDelete::new("a.txt", IsFolder::Auto).unwrap().into();
        let second = $run!(
            $api.create_commit(repo_id = "ada/demo", operations = [delete()], commit_message = "Second")
                .parent_commit(&first.oid)
                .token(ADA)
        );
        assert_ne!(first.oid, second.oid);
        assert!(files!($api, $run).is_empty());
        let add = CommitOperationAdd::new("b.txt", &b"two"[..]).unwrap();
        let stale = $run!(
            error $api.create_commit(repo_id = "ada/demo", operations = [add.into()], commit_message = "Third")
                .parent_commit(&first.oid)
                .token(ADA)
        );
        assert!(matches!(stale, Error::Commit(CommitError::ParentMismatch { .. })), "{stale}");
        let add = CommitOperationAdd::new("c.txt", &b"three"[..]).unwrap();
        let proposed = $run!(
            $api.create_commit(repo_id = "ada/demo", operations = [add.into()], commit_message = "Fourth")
                .create_pr(true)
                .token(ADA)
        );
        assert_eq!((proposed.pr_num, proposed.pr_revision().unwrap().as_str()), (Some(1), "refs/pr/1"));
        assert!(files!($api, $run).is_empty(), "the branch has nothing of it");
    }};
}

macro_rules! upload_file {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let first = add_file!($api, $run, "a.txt", b"a");
        $run!(
            $api.upload_file(path_or_fileobj = &b"b"[..], path_in_repo = "d/b.txt", repo_id = "ada/demo")
                .repo_type(RepoType::Model)
                .revision("main")
                .commit_message("b")
                .commit_description("of it")
                .create_pr(false)
                .parent_commit(&first.oid)
                .token(ADA)
        );
        assert_eq!(files!($api, $run), ["a.txt", "d/b.txt"]);
        assert_eq!(newest!($api, $run), ("b".to_owned(), "of it".to_owned()));
    }};
}

macro_rules! upload_folder {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let first = add_file!($api, $run, "a.txt", b"a");
        let folder = folder_with(&[("x.txt", b"x"), ("y.tmp", b"y"), ("z.bin", b"z")]);
        $run!(
            $api.upload_folder(repo_id = "ada/demo", folder_path = folder.path())
                .path_in_repo("d")
                .commit_message("d")
                .commit_description("of it")
                .repo_type(RepoType::Model)
                .revision("main")
                .create_pr(false)
                .parent_commit(&first.oid)
                .allow_patterns(["*.txt", "*.tmp"])
                .ignore_patterns(["*.tmp"])
                .token(ADA)
        );
        assert_eq!(files!($api, $run), ["a.txt", "d/x.txt"]);
        assert_eq!(newest!($api, $run), ("d".to_owned(), "of it".to_owned()));
    }};
}

macro_rules! delete_file {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        add_file!($api, $run, "a.txt", b"a");
        let last = add_file!($api, $run, "b.txt", b"b");
        $run!(
            $api.delete_file(path_in_repo = "b.txt", repo_id = "ada/demo")
                .repo_type(RepoType::Model)
                .revision("main")
                .commit_message("no b")
                .commit_description("any more")
                .create_pr(false)
                .parent_commit(&last.oid)
                .token(ADA)
        );
        assert_eq!(files!($api, $run), ["a.txt"]);
        assert_eq!(newest!($api, $run), ("no b".to_owned(), "any more".to_owned()));
    }};
}

macro_rules! delete_folder {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        add_file!($api, $run, "a.txt", b"a");
        let last = add_file!($api, $run, "d/e/b.txt", b"b");
        $run!(
            $api.delete_folder(path_in_repo = "d", repo_id = "ada/demo")
                .repo_type(RepoType::Model)
                .revision("main")
                .commit_message("no d")
                .commit_description("any more")
                .create_pr(false)
                .parent_commit(&last.oid)
                .token(ADA)
        );
        assert_eq!(files!($api, $run), ["a.txt"]);
        assert_eq!(newest!($api, $run), ("no d".to_owned(), "any more".to_owned()));
    }};
}

macro_rules! list_repo_files {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let first = add_file!($api, $run, "a.txt", b"a");
        add_file!($api, $run, "d/b.txt", b"b");
        let at_first = $run!(
            $api.list_repo_files(repo_id = "ada/demo")
                .revision(&first.oid)
                .repo_type(RepoType::Model)
                .timeout(Duration::from_secs(60))
                .token(ADA)
        );
        assert_eq!(at_first, [".gitattributes", "a.txt"]);
        assert_eq!(files!($api, $run), ["a.txt", "d/b.txt"]);
    }};
}

both_ways! { create_commit upload_file upload_folder delete_file delete_folder list_repo_files }
