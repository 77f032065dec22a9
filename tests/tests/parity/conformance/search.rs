//! Searches, tags, metrics and likes.

use hub_api::{DatasetFilter, ModelFilter, RepoType};
use hub_tests::ADA;

/// A private repository with a card.
macro_rules! with_card {
    ($api:ident, $run:ident, $kind:expr, $id:expr, $card:expr) => {
        let card = format!("---\n{}\n---\n", $card).into_bytes();
        $run!($api.create_repo(repo_id = $id).repo_type($kind).space_sdk("gradio").private(true).token(ADA));
        $run!(
            $api.upload_file(path_or_fileobj = card, path_in_repo = "README.md", repo_id = $id)
                .repo_type($kind)
                .token(ADA)
        );
    };
}

/// The ids that a listing gives.
macro_rules! ids {
    ($found:expr) => {
        $found.into_iter().map(|found| found.id).collect::<Vec<_>>()
    };
}

macro_rules! list_models {
    ($api:ident, $run:ident) => {{
        for (id, language, emissions) in
            [("ada/one", "fr", 5), ("ada/two", "fr", 7), ("ada/three", "fr", 50), ("ada/four", "en", 5)]
        {
            let card = format!("language: {language}\nco2_eq_emissions: {emissions}");
            $run!($api.create_repo(repo_id = id).private(true).token(ADA));
            let card = format!("---\n{card}\n---\n").into_bytes();
            $run!(
                $api.upload_file(path_or_fileobj = card, path_in_repo = "README.md", repo_id = id).token(ADA)
            );
        }
        $run!($api.like(repo_id = "ada/two").token(ADA));
        let found = $run!(
            all $api.list_models()
                .filter(ModelFilter::new().language("fr"))
                .author("ada")
                .search("o")
                .emissions_thresholds(1.0, 9.0)
                .sort("likes")
                .direction(-1)
                .limit(5)
                .full(true)
                .card_data(true)
                .fetch_config(true)
                .token(ADA)
        );
        assert!(found[0].sha.is_some() && found[0].card_data.is_some());
        assert_eq!(ids!(found), ["ada/two", "ada/one"]);
        let one = $run!(all $api.list_models().author("ada").limit(1).token(ADA));
        assert_eq!(one.len(), 1);
        assert!($run!(all $api.list_models()).is_empty(), "a stranger sees nothing of it");
    }};
}

macro_rules! list_datasets {
    ($api:ident, $run:ident) => {{
        for (id, license) in [("ada/aa", "mit"), ("ada/ab", "mit"), ("ada/b", "mit"), ("ada/ac", "gpl")] {
            $run!($api.create_repo(repo_id = id).repo_type(RepoType::Dataset).private(true).token(ADA));
            let card = format!("---\nlicense: {license}\n---\n").into_bytes();
            $run!(
                $api.upload_file(path_or_fileobj = card, path_in_repo = "README.md", repo_id = id)
                    .repo_type(RepoType::Dataset)
                    .token(ADA)
            );
        }
        $run!($api.like(repo_id = "ada/ab").repo_type(RepoType::Dataset).token(ADA));
        let found = $run!(
            all $api.list_datasets()
                .filter(DatasetFilter::new().author("ada"))
                .filter("license:mit")
                .author("ada")
                .search("ada/a")
                .sort("likes")
                .direction(-1)
                .limit(5)
                .card_data(true)
                .full(true)
                .token(ADA)
        );
        assert!(found[0].card_data.is_some());
        assert_eq!(ids!(found), ["ada/ab", "ada/aa"]);
    }};
}

macro_rules! list_spaces {
    ($api:ident, $run:ident) => {{
        with_card!($api, $run, RepoType::Space, "ada/app", "sdk: gradio\nmodels: [ada/m]\ndatasets: [ada/d]");
        with_card!($api, $run, RepoType::Space, "ada/api", "sdk: gradio\nmodels: [ada/m]\ndatasets: [ada/d]");
        with_card!($api, $run, RepoType::Space, "ada/other", "sdk: gradio\nmodels: [ada/x]");
        $run!($api.like(repo_id = "ada/api").repo_type(RepoType::Space).token(ADA));
        let found = $run!(
            all $api.list_spaces()
                .filter("gradio")
                .author("ada")
                .search("ap")
                .sort("likes")
                .direction(-1)
                .limit(5)
                .datasets(["ada/d"])
                .models(["ada/m"])
                .full(true)
                .token(ADA)
        );
        assert_eq!(ids!(found), ["ada/api", "ada/app"]);
        let linked = $run!(all $api.list_spaces().models(["ada/x"]).linked(true).token(ADA));
        assert_eq!(ids!(linked), ["ada/other"]);
        assert!($run!(all $api.list_spaces().filter("static").token(ADA)).is_empty());
    }};
}

macro_rules! get_model_tags {
    ($api:ident, $run:ident) => {{
        with_card!($api, $run, RepoType::Model, "ada/open", "license: wtfpl");
        assert!(
            $run!($api.get_model_tags()).group("license").iter().all(|tag| tag.id != "license:wtfpl"),
            "private cards are no one's business"
        );
        $run!(
            $api.update_repo_visibility(repo_id = "ada/open", private = false)
                .repo_type(RepoType::Model)
                .token(ADA)
        );
        let tags = $run!($api.get_model_tags());
        assert!(tags.group("license").iter().any(|tag| tag.id == "license:wtfpl"));
    }};
}

macro_rules! get_dataset_tags {
    ($api:ident, $run:ident) => {{
        with_card!($api, $run, RepoType::Dataset, "ada/open", "license: wtfpl");
        assert!(
            $run!($api.get_dataset_tags()).group("license").iter().all(|tag| tag.id != "license:wtfpl"),
            "private cards are no one's business"
        );
        $run!(
            $api.update_repo_visibility(repo_id = "ada/open", private = false)
                .repo_type(RepoType::Dataset)
                .token(ADA)
        );
        let tags = $run!($api.get_dataset_tags());
        assert!(tags.group("license").iter().any(|tag| tag.id == "license:wtfpl"));
    }};
}

macro_rules! list_metrics {
    ($api:ident, $run:ident) => {{
        let metrics = $run!($api.list_metrics());
        assert_eq!(metrics.iter().map(|metric| metric.id.as_str()).collect::<Vec<_>>(), ["accuracy"]);
    }};
}

macro_rules! like {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        $run!($api.like(repo_id = "ada/demo").repo_type(RepoType::Model).token(ADA));
        assert_eq!($run!($api.model_info(repo_id = "ada/demo").token(ADA)).likes, Some(1));
        assert!($run!(error $api.like(repo_id = "ada/demo")).is_not_found());
    }};
}

macro_rules! unlike {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        $run!($api.like(repo_id = "ada/demo").token(ADA));
        $run!($api.unlike(repo_id = "ada/demo").repo_type(RepoType::Model).token(ADA));
        assert_eq!($run!($api.model_info(repo_id = "ada/demo").token(ADA)).likes, Some(0));
    }};
}

macro_rules! list_liked_repos {
    ($api:ident, $run:ident) => {{
        $run!($api.create_repo(repo_id = "ada/demo").token(ADA));
        $run!($api.like(repo_id = "ada/demo").token(ADA));
        let likes = $run!($api.list_liked_repos().user("ada").token(ADA));
        assert_eq!((likes.user.as_str(), likes.total), ("ada", 1));
        assert_eq!(likes.models, ["ada/demo"]);
        let own = $run!($api.list_liked_repos());
        assert_eq!((own.user.as_str(), own.total), ("bob", 0));
    }};
}

both_ways! {
    list_models list_datasets list_spaces get_model_tags get_dataset_tags list_metrics like unlike list_liked_repos
}
