//! The request that each method sends: the call on the left, method and URL on the right.

use hub_api::{
    Call, DatasetFilter, HfApi, ModelFilter, Operation, RepoType, transport::testing::Recorder, types::Gated,
};
use hub_tests::{client_of, hub};

fn shown(request: Result<http::Request<hub_api::transport::Body>, hub_api::Error>) -> String {
    let request = request.unwrap();
    format!("{} {}", request.method(), request.uri())
}

#[test]
fn calls_say_what_they_would_send() {
    let api = HfApi::builder().build().unwrap();
    let table = [
        (shown(api.whoami().request()), "GET /api/whoami-v2"),
        (shown(api.model_info("a/b").request()), "GET /api/models/a/b"),
        (
            shown(
                api.model_info("a/b")
                    .revision("refs/pr/1")
                    .files_metadata(true)
                    .security_status(true)
                    .request(),
            ),
            "GET /api/models/a/b/revision/refs%2Fpr%2F1?securityStatus=true&blobs=true",
        ),
        (shown(api.dataset_info("a/b").request()), "GET /api/datasets/a/b"),
        (
            shown(api.space_info("gpt2").expand(["sha", "sdk"]).request()),
            "GET /api/spaces/gpt2?expand=sha&expand=sdk",
        ),
        (shown(api.repo_info("a/b").repo_type(RepoType::Dataset).request()), "GET /api/datasets/a/b"),
        (shown(api.list_repo_refs("a/b").request()), "GET /api/models/a/b/refs"),
        (
            shown(api.list_repo_refs("a/b").include_pull_requests(true).request()),
            "GET /api/models/a/b/refs?include_prs=1",
        ),
        (shown(api.auth_check("a/b").request()), "GET /api/models/a/b/auth-check"),
        (shown(api.auth_check("a/b").write(true).request()), "GET /api/models/a/b/auth-check/write"),
        (shown(api.like("a/b").repo_type(RepoType::Space).request()), "POST /api/spaces/a/b/like"),
        (shown(api.unlike("a/b").request()), "DELETE /api/models/a/b/like"),
        (shown(api.get_model_tags().request()), "GET /api/models-tags-by-type"),
        (
            shown(api.get_dataset_tags().only("license").request()),
            "GET /api/datasets-tags-by-type?type=license",
        ),
        (
            shown(api.get_discussion_details("a/b", 7).repo_type(RepoType::Dataset).request()),
            "GET /api/datasets/a/b/discussions/7?diff=1",
        ),
    ];
    for (request, expected) in table {
        assert_eq!(request, expected);
    }
}

#[test]
fn searches_say_what_they_would_send() {
    let api = HfApi::builder().build().unwrap();
    let models = ModelFilter::new().author("ada").model_name("mini").tag("x").library("candle");
    let datasets = DatasetFilter::new().author("acme").language("fr").task_ids("task_ids:parsing");
    let table = [
        (shown(api.list_models().request()), "GET /api/models"),
        (
            shown(api.list_models().filter(["a", "b c"]).search("m").author("ada").limit(5).request()),
            "GET /api/models?filter=a&filter=b+c&author=ada&search=m&limit=5",
        ),
        (
            shown(api.list_models().filter(models.clone()).request()),
            "GET /api/models?filter=candle&filter=x&author=ada&search=mini",
        ),
        (
            shown(api.list_models().author("bob").search("big").filter(models).request()),
            "GET /api/models?filter=candle&filter=x&author=bob&search=big",
        ),
        (
            shown(api.list_models().sort("trending_score").direction(-1).limit(5000).request()),
            "GET /api/models?sort=trendingScore&direction=-1&limit=1000",
        ),
        (
            shown(api.list_models().full(true).card_data(true).fetch_config(true).request()),
            "GET /api/models?full=true&config=true&cardData=true",
        ),
        (shown(api.list_models().emissions_thresholds(None, 9.0).request()), "GET /api/models?cardData=true"),
        (
            shown(
                api.list_models()
                    .apps(["ollama"])
                    .gated(false)
                    .inference("warm")
                    .inference_provider(["all"])
                    .pipeline_tag("fill-mask")
                    .num_parameters("min:1B,max:8B")
                    .request(),
            ),
            "GET /api/models?apps=ollama&gated=false&inference=warm&inference_provider=all&pipeline_tag=fill-mask\
             &num_parameters=min%3A1B%2Cmax%3A8B",
        ),
        (
            shown(api.list_datasets().filter(datasets).gated(true).request()),
            "GET /api/datasets?filter=language%3Afr&filter=task_ids%3Aparsing&author=acme&gated=true",
        ),
        (
            shown(api.list_datasets().sort("last_modified").expand(["sha", "likes"]).request()),
            "GET /api/datasets?sort=lastModified&expand=sha&expand=likes",
        ),
        (
            shown(api.list_spaces().models(["a/b", "c"]).datasets(["d/e"]).linked(true).full(true).request()),
            "GET /api/spaces?linked=true&datasets=d%2Fe&models=a%2Fb&models=c&full=true",
        ),
    ];
    for (request, expected) in table {
        assert_eq!(request, expected);
    }
}

#[test]
fn searches_that_cannot_be_meant_are_not_sent() {
    let api = HfApi::builder().build().unwrap();
    let wrong = [
        api.list_models().expand(["sha"]).full(true).request(),
        api.list_models().expand(["sha"]).card_data(true).request(),
        api.list_models().expand(["sha"]).fetch_config(true).request(),
        api.list_models().expand(["sha"]).emissions_thresholds(1.0, 2.0).request(),
        api.list_models().emissions_thresholds(None, None).request(),
        api.list_spaces().expand(["sha"]).full(true).request(),
    ];
    for request in wrong {
        assert!(request.unwrap_err().is_invalid_input());
    }
}

#[test]
fn a_call_that_cannot_be_sent_says_so_when_asked() {
    let api = HfApi::builder().build().unwrap();
    assert!(api.model_info("a//b").request().unwrap_err().is_invalid_input());
    assert!(
        api.model_info("a/b").expand(["sha"]).files_metadata(true).request().unwrap_err().is_invalid_input()
    );
}

/// What a call sends first; the response does not matter.
async fn sent<O: Operation>(call: impl FnOnce(&HfApi) -> Call<O>) -> String {
    let recorder = Recorder::new();
    let api = client_of(&hub()).attempt_layer(recorder.layer()).build().unwrap();
    let _ = call(&api).await;
    let first = recorder.requests().remove(0);
    format!("{} {}", first.line(), String::from_utf8_lossy(&first.body)).trim_end().to_owned()
}

#[tokio::test]
async fn calls_of_several_steps_begin_with_what_they_would_send() {
    let table = [
        (sent(|api| api.create_branch("a/b", "x/y")).await, "POST /api/models/a/b/branch/x%2Fy {}"),
        (
            sent(|api| api.create_branch("a/b", "x").revision("refs/pr/1").repo_type(RepoType::Dataset))
                .await,
            r#"POST /api/datasets/a/b/branch/x {"startingPoint":"refs/pr/1"}"#,
        ),
        (sent(|api| api.delete_branch("a/b", "x/y")).await, "DELETE /api/models/a/b/branch/x%2Fy"),
        (sent(|api| api.create_tag("a/b", "v1")).await, r#"POST /api/models/a/b/tag/main {"tag":"v1"}"#),
        (
            sent(|api| api.create_tag("a/b", "v/1").revision("refs/pr/1").tag_message("One")).await,
            r#"POST /api/models/a/b/tag/refs%2Fpr%2F1 {"tag":"v/1","message":"One"}"#,
        ),
        (sent(|api| api.delete_tag("a/b", "v/1")).await, "DELETE /api/models/a/b/tag/v%2F1"),
        (
            sent(|api| api.super_squash_history("a/b").branch("x/y").commit_message("One")).await,
            r#"POST /api/models/a/b/super-squash/x%2Fy {"message":"One"}"#,
        ),
        (
            sent(|api| api.move_repo("a/b", "c/d").repo_type(RepoType::Space)).await,
            r#"POST /api/repos/move {"fromRepo":"a/b","toRepo":"c/d","type":"space"}"#,
        ),
        (
            sent(|api| api.update_repo_visibility("a/b", true)).await,
            r#"PUT /api/models/a/b/settings {"private":true}"#,
        ),
        (
            sent(|api| api.update_repo_settings("a/b").visibility("public").gated(Gated::Flag(false))).await,
            r#"PUT /api/models/a/b/settings {"visibility":"public","gated":false}"#,
        ),
        (sent(|api| api.update_repo_visibility("b", true)).await, "GET /api/whoami-v2"),
        (
            sent(|api| api.revision_exists("a/b", "refs/pr/1")).await,
            "GET /api/models/a/b/revision/refs%2Fpr%2F1",
        ),
        (sent(|api| api.file_exists("a/b", "c/d e")).await, "HEAD /a/b/resolve/main/c/d%20e"),
        (sent(|api| api.list_liked_repos().user("a b")).await, "GET /api/users/a%20b/likes"),
        (sent(|api| api.list_liked_repos()).await, "GET /api/whoami-v2"),
    ];
    for (request, expected) in table {
        assert_eq!(request, expected);
    }
}
