//! Who one is, and the tokens on this machine.

use hub_tests::ADA;

macro_rules! whoami {
    ($api:ident, $run:ident) => {{
        assert_eq!($run!($api.whoami()).name, "bob");
        assert_eq!($run!($api.whoami().token(ADA)).name, "ada");
    }};
}

macro_rules! get_full_repo_name {
    ($api:ident, $run:ident) => {{
        assert_eq!($run!($api.get_full_repo_name(model_id = "demo").token(ADA)), "ada/demo");
        let name = $run!($api.get_full_repo_name(model_id = "demo").organization("analytical").token(ADA));
        assert_eq!(name, "analytical/demo");
    }};
}

both_ways! { whoami get_full_repo_name }
