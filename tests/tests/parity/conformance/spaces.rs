//! Spaces: secrets and what they run on.

use hub_api::{RepoType, types::space::SpaceStage};
use hub_tests::ADA;

macro_rules! private_app {
    ($api:ident, $run:ident) => {
        $run!(
            $api.create_repo(repo_id = "ada/app")
                .repo_type(RepoType::Space)
                .space_sdk("gradio")
                .private(true)
                .token(ADA)
        )
    };
}

macro_rules! add_space_secret {
    ($api:ident, $run:ident) => {{
        private_app!($api, $run);
        $run!($api.add_space_secret(repo_id = "ada/app", key = "KEY", value = "x").token(ADA));
        let secrets = $run!($api.get_space_secrets(repo_id = "ada/app").token(ADA));
        assert_eq!(secrets.keys().collect::<Vec<_>>(), ["KEY"]);
        assert!($run!(error $api.add_space_secret(repo_id = "ada/app", key = "K", value = "x")).is_not_found());
    }};
}

macro_rules! delete_space_secret {
    ($api:ident, $run:ident) => {{
        private_app!($api, $run);
        $run!($api.add_space_secret(repo_id = "ada/app", key = "KEY", value = "x").token(ADA));
        $run!($api.delete_space_secret(repo_id = "ada/app", key = "KEY").token(ADA));
        assert!($run!($api.get_space_secrets(repo_id = "ada/app").token(ADA)).is_empty());
    }};
}

macro_rules! get_space_runtime {
    ($api:ident, $run:ident) => {{
        private_app!($api, $run);
        let runtime = $run!($api.get_space_runtime(repo_id = "ada/app").token(ADA));
        assert_eq!(runtime.stage, SpaceStage::NoAppFile);
        assert!($run!(error $api.get_space_runtime(repo_id = "ada/app")).is_not_found());
    }};
}

macro_rules! request_space_hardware {
    ($api:ident, $run:ident) => {{
        private_app!($api, $run);
        let runtime =
            $run!($api.request_space_hardware(repo_id = "ada/app", hardware = "t4-small").token(ADA));
        assert_eq!(runtime.requested_hardware.unwrap().as_str(), "t4-small");
        let runtime = $run!($api.get_space_runtime(repo_id = "ada/app").token(ADA));
        assert_eq!(runtime.requested_hardware.unwrap().as_str(), "t4-small");
    }};
}

both_ways! { add_space_secret delete_space_secret get_space_runtime request_space_hardware }
