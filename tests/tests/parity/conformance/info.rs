//! What the Hub knows of a repository.

use std::time::Duration;

use hub_api::RepoType;
use hub_tests::ADA;

const MINUTE: Duration = Duration::from_secs(60);

macro_rules! model_info {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let first = add_file!($api, $run, "a.txt", b"12345");
        let second = add_file!($api, $run, "b.txt", b"b");
        let info = $run!(
            $api.model_info(repo_id = "ada/demo")
                .revision(&first.oid)
                .timeout(MINUTE)
                .security_status(true)
                .files_metadata(true)
                .token(ADA)
        );
        assert_eq!((info.id.as_str(), info.sha.as_deref()), ("ada/demo", Some(first.oid.as_str())));
        let files: Vec<_> =
            info.siblings.unwrap().into_iter().map(|file| (file.rfilename, file.size)).collect();
        assert_eq!(files[1..], [("a.txt".to_owned(), Some(5))]);
        assert!(info.security_repo_status.is_some());
        let newest = $run!($api.model_info(repo_id = "ada/demo").token(ADA));
        assert_eq!((newest.sha, newest.private), (Some(second.oid), Some(true)));
        assert!(newest.siblings.unwrap().iter().all(|file| file.size.is_none()));
    }};
}

/// A private repository of a kind, with a file of 5 bytes; gives the commit.
macro_rules! with_file {
    ($api:ident, $run:ident, $kind:expr) => {{
        $run!(
            $api.create_repo(repo_id = "ada/it")
                .repo_type($kind)
                .space_sdk("gradio")
                .private(true)
                .token(ADA)
        );
        $run!(
            $api.upload_file(path_or_fileobj = &b"12345"[..], path_in_repo = "a.txt", repo_id = "ada/it")
                .repo_type($kind)
                .token(ADA)
        )
        .oid
    }};
}

/// Whether `a.txt` is listed with its size.
macro_rules! has_size {
    ($info:ident) => {
        $info.siblings.unwrap().iter().any(|file| file.rfilename == "a.txt" && file.size == Some(5))
    };
}

macro_rules! dataset_info {
    ($api:ident, $run:ident) => {{
        $run!($api.create_repo(repo_id = "ada/it").repo_type(RepoType::Dataset).private(true).token(ADA));
        let commit = $run!(
            $api.upload_file(path_or_fileobj = &b"12345"[..], path_in_repo = "a.txt", repo_id = "ada/it")
                .repo_type(RepoType::Dataset)
                .token(ADA)
        );
        let info = $run!(
            $api.dataset_info(repo_id = "ada/it")
                .revision(&commit.oid)
                .timeout(MINUTE)
                .files_metadata(true)
                .token(ADA)
        );
        assert_eq!((info.id.as_str(), info.sha.as_deref()), ("ada/it", Some(commit.oid.as_str())));
        assert!(has_size!(info));
    }};
}

macro_rules! space_info {
    ($api:ident, $run:ident) => {{
        let commit = with_file!($api, $run, RepoType::Space);
        let info = $run!(
            $api.space_info(repo_id = "ada/it")
                .revision(&commit)
                .timeout(MINUTE)
                .files_metadata(true)
                .token(ADA)
        );
        assert_eq!((info.id.as_str(), info.sha.as_deref()), ("ada/it", Some(commit.as_str())));
        assert_eq!(info.sdk.as_deref(), Some("gradio"));
        assert!(has_size!(info));
    }};
}

macro_rules! repo_info {
    ($api:ident, $run:ident) => {{
        let commit = with_file!($api, $run, RepoType::Space);
        let info = $run!(
            $api.repo_info(repo_id = "ada/it")
                .repo_type(RepoType::Space)
                .revision(&commit)
                .timeout(MINUTE)
                .files_metadata(true)
                .token(ADA)
        );
        assert_eq!((info.id(), info.repo_type()), ("ada/it", RepoType::Space));
        assert_eq!(info.sha().unwrap(), &commit);
        assert!(info.siblings().unwrap().iter().any(|file| file.size == Some(5)));
    }};
}

both_ways! { model_info dataset_info space_info repo_info }
