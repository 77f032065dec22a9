//! The request that each method sends: the call on the left, method and address on the right.

use hub_api::{DatasetFilter, HfApi, ModelFilter, RepoType};

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
            "GET /api/models/a/b/refs?include_prs=true",
        ),
        (shown(api.get_model_tags().request()), "GET /api/models-tags-by-type"),
        (
            shown(api.get_dataset_tags().only("license").request()),
            "GET /api/datasets-tags-by-type?type=license",
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
