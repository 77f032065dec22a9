//! One story in which every documented method does its work, told once and run in both modes.

use std::time::Duration;

use hub_api::{
    BlockingHfApi, CommitOperationAdd, CommitOperationDelete, DatasetFilter, HfApi, IsFolder, ModelFilter,
    RepoType, types::space::SpaceStage,
};
use hub_tests::{ADA, folder_with};

use crate::Names;

/// Records the names of a call, and makes it.
macro_rules! made {
    ($names:ident, $api:ident . $method:ident ( $($argument:ident = $value:expr),* ) $( . $setter:ident ( $($set:expr),* ) )*) => {{
        $names.record(stringify!($method), &[$(stringify!($argument),)* $(stringify!($setter),)*]);
        $api.$method($($value),*)$(.$setter($($set),*))*
    }};
}

/// Runs a call asynchronously.
macro_rules! awaited {
    ($($call:tt)*) => { made!($($call)*).await.unwrap() };
}
/// Runs a call and blocks.
macro_rules! sent {
    ($($call:tt)*) => { made!($($call)*).send().unwrap() };
}
/// Collects a listing asynchronously.
macro_rules! awaited_all {
    ($($call:tt)*) => { made!($($call)*).all().await.unwrap() };
}
/// Collects a listing and blocks.
macro_rules! sent_all {
    ($($call:tt)*) => { made!($($call)*).all().unwrap() };
}

macro_rules! story {
    ($api:ident, $run:ident, $all:ident) => {{
        let mut names = Names::default();
        let model = RepoType::Model;
        let hour = Duration::from_secs(3600);

        // Who.
        assert_eq!($run!(names, $api.whoami().token(ADA)).name, "ada");
        let full =
            $run!(names, $api.get_full_repo_name(model_id = "demo").organization("analytical").token(ADA));
        assert_eq!(full, "analytical/demo");
        // Needs git and its credential helper, which belong to the user: their own test has its own.
        drop(made!(names, $api.set_access_token(token = "hf_x")));
        drop(made!(names, $api.unset_access_token()));

        // Repositories.
        let url = $run!(
            names,
            $api.create_repo(repo_id = "ada/demo")
                .token(ADA)
                .private(false)
                .repo_type(model)
                .exist_ok(true)
                .space_hardware("cpu-basic")
                .space_sdk("static")
        );
        assert_eq!(url.repo_id().as_str(), "ada/demo");
        $run!(names, $api.create_repo(repo_id = "ada/data").repo_type(RepoType::Dataset));
        $run!(
            names,
            $api.create_repo(repo_id = "ada/app")
                .repo_type(RepoType::Space)
                .space_sdk("gradio")
                .space_hardware("cpu-basic")
        );
        $run!(names, $api.create_repo(repo_id = "ada/old"));
        $run!(names, $api.move_repo(repo_id = "ada/old", to_id = "ada/new").repo_type(model).token(ADA));
        $run!(
            names,
            $api.update_repo_visibility(repo_id = "new", private = true)
                .token(ADA)
                .organization("ada")
                .repo_type(model)
                .name("new")
        );
        assert_eq!($run!(names, $api.model_info(repo_id = "ada/new")).private, Some(true));
        $run!(names, $api.delete_repo(repo_id = "ada/new").token(ADA).repo_type(model));

        // Commits.
        let add = CommitOperationAdd::new("a.txt", &b"one"[..]).unwrap();
        let first = $run!(
            names,
            $api.create_commit(repo_id = "ada/demo", operations = [add.into()], commit_message = "First")
                .commit_description("why")
                .token(ADA)
                .repo_type(model)
                .revision("main")
                .create_pr(false)
                .num_threads(2)
        );
        let delete = CommitOperationDelete::new("a.txt", IsFolder::Auto).unwrap();
        let second = $run!(
            names,
            $api.create_commit(repo_id = "ada/demo", operations = [delete.into()], commit_message = "Second")
                .parent_commit(&first.oid)
        );
        assert_ne!(first.oid, second.oid);
        let file = $run!(
            names,
            $api.upload_file(path_or_fileobj = &b"x"[..], path_in_repo = "b.txt", repo_id = "ada/demo")
                .token(ADA)
                .repo_type(model)
                .revision("main")
                .commit_message("b")
                .commit_description("")
                .create_pr(false)
                .parent_commit(&second.oid)
        );
        let folder = folder_with(&[("x.txt", b"x"), ("y.tmp", b"y")]);
        let uploaded = $run!(
            names,
            $api.upload_folder(repo_id = "ada/demo", folder_path = folder.path())
                .path_in_repo("d")
                .commit_message("d")
                .commit_description("")
                .token(ADA)
                .repo_type(model)
                .revision("main")
                .create_pr(false)
                .parent_commit(&file.oid)
                .allow_patterns(["*"])
                .ignore_patterns(["*.tmp"])
        );
        let files = $run!(
            names,
            $api.list_repo_files(repo_id = "ada/demo")
                .revision("main")
                .repo_type(model)
                .timeout(hour)
                .token(ADA)
        );
        assert_eq!(files, [".gitattributes", "b.txt", "d/x.txt"]);
        let gone = $run!(
            names,
            $api.delete_file(path_in_repo = "b.txt", repo_id = "ada/demo")
                .token(ADA)
                .repo_type(model)
                .revision("main")
                .commit_message("no b")
                .commit_description("")
                .create_pr(false)
                .parent_commit(&uploaded.oid)
        );
        $run!(
            names,
            $api.delete_folder(path_in_repo = "d", repo_id = "ada/demo")
                .token(ADA)
                .repo_type(model)
                .revision("main")
                .commit_message("no d")
                .commit_description("")
                .create_pr(false)
                .parent_commit(&gone.oid)
        );
        assert_eq!($run!(names, $api.list_repo_files(repo_id = "ada/demo")), [".gitattributes"]);

        // Branches and tags.
        $run!(
            names,
            $api.create_branch(repo_id = "ada/demo", branch = "b")
                .revision(&first.oid)
                .token(ADA)
                .repo_type(model)
                .exist_ok(true)
        );
        $run!(
            names,
            $api.create_tag(repo_id = "ada/demo", tag = "v1")
                .tag_message("One")
                .revision("main")
                .token(ADA)
                .repo_type(model)
                .exist_ok(true)
        );
        let refs = $run!(names, $api.list_repo_refs(repo_id = "ada/demo").repo_type(model).token(ADA));
        assert_eq!((refs.branches.len(), refs.tags.len(), refs.converts.len()), (2, 1, 0));
        assert_eq!(refs.branches.iter().find(|branch| branch.name == "b").unwrap().target_commit, first.oid);
        $run!(names, $api.delete_branch(repo_id = "ada/demo", branch = "b").token(ADA).repo_type(model));
        $run!(names, $api.delete_tag(repo_id = "ada/demo", tag = "v1").token(ADA).repo_type(model));
        let refs = $run!(names, $api.list_repo_refs(repo_id = "ada/demo"));
        assert_eq!((refs.branches.len(), refs.tags.len()), (1, 0));

        // What the Hub knows.
        let info = $run!(
            names,
            $api.model_info(repo_id = "ada/demo")
                .revision("main")
                .timeout(hour)
                .security_status(true)
                .files_metadata(true)
                .token(ADA)
        );
        assert!(info.siblings.unwrap()[0].size.is_some());
        let info = $run!(
            names,
            $api.dataset_info(repo_id = "ada/data")
                .revision("main")
                .timeout(hour)
                .files_metadata(true)
                .token(ADA)
        );
        assert_eq!(info.id, "ada/data");
        let info = $run!(
            names,
            $api.space_info(repo_id = "ada/app")
                .revision("main")
                .timeout(hour)
                .files_metadata(true)
                .token(ADA)
        );
        assert_eq!(info.sdk.as_deref(), Some("gradio"));
        let info = $run!(
            names,
            $api.repo_info(repo_id = "ada/data")
                .revision("main")
                .repo_type(RepoType::Dataset)
                .timeout(hour)
                .files_metadata(true)
                .token(ADA)
        );
        assert_eq!(info.id(), "ada/data");

        // Searches.
        let card = b"---\nlicense: mit\nlanguage: fr\nco2_eq_emissions: 5\n---\n";
        $run!(
            names,
            $api.upload_file(path_or_fileobj = &card[..], path_in_repo = "README.md", repo_id = "ada/demo")
        );
        let found = $all!(
            names,
            $api.list_models()
                .filter(ModelFilter::new().language("fr"))
                .author("ada")
                .search("dem")
                .emissions_thresholds(1.0, 9.0)
                .sort("lastModified")
                .direction(-1)
                .limit(5)
                .full(true)
                .card_data(true)
                .fetch_config(true)
                .token(ADA)
        );
        assert_eq!(found.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), ["ada/demo"]);
        let found = $all!(
            names,
            $api.list_datasets()
                .filter(DatasetFilter::new().author("ada"))
                .author("ada")
                .search("data")
                .sort("id")
                .direction(1)
                .limit(5)
                .card_data(true)
                .full(true)
                .token(ADA)
        );
        assert_eq!(found.len(), 1);
        let found = $all!(
            names,
            $api.list_spaces()
                .filter("gradio")
                .author("ada")
                .search("zzz")
                .sort("likes")
                .direction(-1)
                .limit(5)
                .datasets(["ada/data"])
                .models(["ada/demo"])
                .linked(true)
                .full(true)
                .token(ADA)
        );
        assert!(found.is_empty());
        let tags = $run!(names, $api.get_model_tags());
        assert!(tags.group("license").iter().any(|tag| tag.id == "license:mit"));
        $run!(names, $api.get_dataset_tags());
        assert!($run!(names, $api.list_metrics()).is_empty());

        // Likes.
        $run!(names, $api.like(repo_id = "ada/demo").token(ADA).repo_type(model));
        let likes = $run!(names, $api.list_liked_repos().user("ada").token(ADA));
        assert_eq!((likes.total, likes.models.as_slice()), (1, &["ada/demo".to_owned()][..]));
        $run!(names, $api.unlike(repo_id = "ada/demo").token(ADA).repo_type(model));
        assert_eq!($run!(names, $api.list_liked_repos()).total, 0);

        // Discussions.
        let opened = $run!(
            names,
            $api.create_discussion(repo_id = "ada/demo", title = "Question")
                .token(ADA)
                .description("What?")
                .repo_type(model)
                .pull_request(false)
        );
        let number = opened.discussion.num;
        let comment = $run!(
            names,
            $api.comment_discussion(repo_id = "ada/demo", discussion_num = number, comment = "That")
                .token(ADA)
                .repo_type(model)
        );
        let id = comment.id.clone();
        $run!(
            names,
            $api.edit_discussion_comment(
                repo_id = "ada/demo",
                discussion_num = number,
                comment_id = &id,
                new_content = "This"
            )
            .token(ADA)
            .repo_type(model)
        );
        $run!(
            names,
            $api.hide_discussion_comment(repo_id = "ada/demo", discussion_num = number, comment_id = &id)
                .token(ADA)
                .repo_type(model)
        );
        $run!(
            names,
            $api.rename_discussion(repo_id = "ada/demo", discussion_num = number, new_title = "Answer")
                .token(ADA)
                .repo_type(model)
        );
        $run!(
            names,
            $api.change_discussion_status(
                repo_id = "ada/demo",
                discussion_num = number,
                new_status = "closed"
            )
            .token(ADA)
            .comment("Done")
            .repo_type(model)
        );
        let details = $run!(
            names,
            $api.get_discussion_details(repo_id = "ada/demo", discussion_num = number)
                .repo_type(model)
                .token(ADA)
        );
        assert_eq!(
            (details.discussion.title.as_str(), details.discussion.status.as_str()),
            ("Answer", "closed")
        );
        let draft = $run!(
            names,
            $api.create_pull_request(repo_id = "ada/demo", title = "Proposal")
                .token(ADA)
                .description("It")
                .repo_type(model)
        );
        let number = draft.discussion.num;
        $run!(
            names,
            $api.upload_file(path_or_fileobj = &b"p"[..], path_in_repo = "p.txt", repo_id = "ada/demo")
                .revision(format!("refs/pr/{number}"))
        );
        $run!(
            names,
            $api.change_discussion_status(repo_id = "ada/demo", discussion_num = number, new_status = "open")
        );
        $run!(
            names,
            $api.merge_pull_request(repo_id = "ada/demo", discussion_num = number)
                .token(ADA)
                .comment("Good")
                .repo_type(model)
        );
        assert!($run!(names, $api.list_repo_files(repo_id = "ada/demo")).contains(&"p.txt".to_owned()));
        let all = $all!(names, $api.get_repo_discussions(repo_id = "ada/demo").repo_type(model).token(ADA));
        assert_eq!(all.len(), 2);

        // Spaces.
        $run!(names, $api.add_space_secret(repo_id = "ada/app", key = "KEY", value = "x").token(ADA));
        assert!($run!(names, $api.get_space_secrets(repo_id = "ada/app")).contains_key("KEY"));
        $run!(names, $api.delete_space_secret(repo_id = "ada/app", key = "KEY").token(ADA));
        assert!($run!(names, $api.get_space_secrets(repo_id = "ada/app")).is_empty());
        let runtime = $run!(names, $api.get_space_runtime(repo_id = "ada/app").token(ADA));
        assert_eq!(runtime.stage, SpaceStage::NoAppFile);
        let runtime =
            $run!(names, $api.request_space_hardware(repo_id = "ada/app", hardware = "t4-small").token(ADA));
        assert_eq!(runtime.requested_hardware.unwrap().as_str(), "t4-small");
        names
    }};
}

/// The story with an asynchronous client.
pub(crate) async fn asynchronous(api: &HfApi) -> Names {
    story!(api, awaited, awaited_all)
}

/// The story with a blocking client.
pub(crate) fn blocking(api: &BlockingHfApi) -> Names {
    story!(api, sent, sent_all)
}
