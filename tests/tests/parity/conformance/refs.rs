//! Branches and tags.

use hub_api::{ErrorKind, RepoType};
use hub_tests::ADA;

/// Names and commits of branches, or of tags.
macro_rules! refs {
    ($api:ident, $run:ident, $kind:ident) => {
        $run!($api.list_repo_refs(repo_id = "ada/demo").token(ADA))
            .$kind
            .into_iter()
            .map(|found| (found.name, found.target_commit))
            .collect::<Vec<_>>()
    };
}

macro_rules! list_repo_refs {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let commit = add_file!($api, $run, "a.txt", b"a");
        let refs = $run!($api.list_repo_refs(repo_id = "ada/demo").repo_type(RepoType::Model).token(ADA));
        assert_eq!((refs.branches.len(), refs.tags.len(), refs.converts.len()), (1, 0, 0));
        let main = &refs.branches[0];
        assert_eq!((main.name.as_str(), main.reference.as_str()), ("main", "refs/heads/main"));
        assert_eq!(main.target_commit, commit.oid);
    }};
}

macro_rules! create_branch {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let first = add_file!($api, $run, "a.txt", b"a");
        let second = add_file!($api, $run, "b.txt", b"b");
        $run!(
            $api.create_branch(repo_id = "ada/demo", branch = "old")
                .revision(&first.oid)
                .repo_type(RepoType::Model)
                .exist_ok(false)
                .token(ADA)
        );
        let expected = [("main".to_owned(), second.oid), ("old".to_owned(), first.oid)];
        assert_eq!(refs!($api, $run, branches), expected);
        let again = $run!(error $api.create_branch(repo_id = "ada/demo", branch = "old").token(ADA));
        assert_eq!(again.kind(), Some(ErrorKind::Conflict));
        $run!($api.create_branch(repo_id = "ada/demo", branch = "old").exist_ok(true).token(ADA));
        assert_eq!(refs!($api, $run, branches), expected);
    }};
}

macro_rules! delete_branch {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        $run!($api.create_branch(repo_id = "ada/demo", branch = "b").token(ADA));
        $run!($api.delete_branch(repo_id = "ada/demo", branch = "b").repo_type(RepoType::Model).token(ADA));
        assert_eq!(refs!($api, $run, branches).len(), 1);
        let gone = $run!(error $api.delete_branch(repo_id = "ada/demo", branch = "b").token(ADA));
        assert!(gone.is_not_found());
    }};
}

macro_rules! create_tag {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let first = add_file!($api, $run, "a.txt", b"a");
        add_file!($api, $run, "b.txt", b"b");
        $run!(
            $api.create_tag(repo_id = "ada/demo", tag = "v1")
                .tag_message("One")
                .revision(&first.oid)
                .repo_type(RepoType::Model)
                .exist_ok(false)
                .token(ADA)
        );
        assert_eq!(refs!($api, $run, tags), [("v1".to_owned(), first.oid)]);
        let again = $run!(error $api.create_tag(repo_id = "ada/demo", tag = "v1").token(ADA));
        assert_eq!(again.kind(), Some(ErrorKind::Conflict));
        $run!($api.create_tag(repo_id = "ada/demo", tag = "v1").exist_ok(true).token(ADA));
        let files = $run!($api.list_repo_files(repo_id = "ada/demo").revision("v1").token(ADA));
        assert_eq!(files, [".gitattributes", "a.txt"]);
    }};
}

macro_rules! delete_tag {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        $run!($api.create_tag(repo_id = "ada/demo", tag = "v1").token(ADA));
        $run!($api.delete_tag(repo_id = "ada/demo", tag = "v1").repo_type(RepoType::Model).token(ADA));
        assert!(refs!($api, $run, tags).is_empty());
        let gone = $run!(error $api.delete_tag(repo_id = "ada/demo", tag = "v1").token(ADA));
        assert!(gone.is_not_found());
    }};
}

both_ways! { list_repo_refs create_branch delete_branch create_tag delete_tag }
