//! Repositories: made, moved, hidden and deleted.

use hub_api::{ErrorKind, RepoType};
use hub_tests::ADA;

macro_rules! create_repo {
    ($api:ident, $run:ident) => {{
        let url = private_demo!($api, $run);
        assert_eq!(url.repo_id().as_str(), "ada/demo");
        let again = $run!(error $api.create_repo(repo_id = "ada/demo").token(ADA));
        assert_eq!(again.kind(), Some(ErrorKind::Conflict));
        $run!($api.create_repo(repo_id = "ada/demo").exist_ok(true).token(ADA));
        let url = $run!(
            $api.create_repo(repo_id = "ada/app")
                .repo_type(RepoType::Space)
                .private(true)
                .space_sdk("gradio")
                .space_hardware("t4-small")
                .token(ADA)
        );
        assert_eq!(url.repo_type(), RepoType::Space);
        let runtime = $run!($api.get_space_runtime(repo_id = "ada/app").token(ADA));
        assert_eq!(runtime.requested_hardware.unwrap().as_str(), "t4-small");
        let info = $run!($api.space_info(repo_id = "ada/app").token(ADA));
        assert_eq!((info.private, info.sdk.as_deref()), (Some(true), Some("gradio")));
    }};
}

macro_rules! delete_repo {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let refused = $run!(error $api.delete_repo(repo_id = "ada/demo"));
        assert!(refused.is_not_found(), "a stranger learns nothing: {refused}");
        $run!($api.delete_repo(repo_id = "ada/demo").repo_type(RepoType::Model).token(ADA));
        assert!(!$run!($api.repo_exists(repo_id = "ada/demo").token(ADA)));
    }};
}

macro_rules! move_repo {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        $run!($api.move_repo(repo_id = "ada/demo", to_id = "ada/new").repo_type(RepoType::Model).token(ADA));
        assert_eq!($run!($api.model_info(repo_id = "ada/new").token(ADA)).id, "ada/new");
        let old = $run!($api.model_info(repo_id = "ada/demo").token(ADA));
        assert_eq!(old.id, "ada/new", "the old name leads to the new one");
    }};
}

macro_rules! update_repo_visibility {
    ($api:ident, $run:ident) => {{
        $run!($api.create_repo(repo_id = "ada/demo").token(ADA));
        assert_eq!($run!($api.model_info(repo_id = "ada/demo")).private, Some(false));
        $run!(
            $api.update_repo_visibility(repo_id = "demo", private = true)
                .organization("ada")
                .name("demo")
                .repo_type(RepoType::Model)
                .token(ADA)
        );
        assert!($run!(error $api.model_info(repo_id = "ada/demo")).is_not_found());
        assert_eq!($run!($api.model_info(repo_id = "ada/demo").token(ADA)).private, Some(true));
    }};
}

both_ways! { create_repo delete_repo move_repo update_repo_visibility }
