//! Cards, and what stands beside them.

use http::Method;
use serde_json::json;

use super::Browser;
use crate::support::{
    ADA, BOB, RITA, WIM, add_files, call, commit, file_line, header_line, hub, lfs_line, ndjson, upload,
};

const CARD: &str = "---\nlicense: mit\nlanguage: [en, de]\nlibrary_name: transformers\npipeline_tag: text-generation\n\
    tags: [small, a&b]\ndatasets: [ada/nums, ada/none]\nbase_model: analytical/closed\n---\n\
    # Demo\n\nSee [the code](src/a.py) and ![a picture](img/a.png).\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\
    <script>alert('canary')</script>\n";

#[tokio::test]
async fn a_card_is_shown_with_what_its_front_matter_says() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("README.md", CARD), ("a.txt", "a")]).await;
    let browser = Browser::anonymous(&hub).await;
    let page = browser.page("/ada/demo").await;
    assert_eq!(page.faults(), Vec::<String>::new());
    let words = page.words();
    assert!(words.contains("See the code") && !words.contains("license: mit"), "{words}");
    assert!(!words.contains("canary"), "{words}");
    let links = page.links();
    for link in [
        "/ada/demo/blob/main/src/a.py",
        "/models?filter=license%3Amit",
        "/models?filter=en",
        "/models?filter=a%26b",
        "/models?pipeline_tag=text-generation",
        "/models?library=transformers",
        "/datasets/ada/nums",
        "/ada/demo/tree/main",
    ] {
        assert!(links.contains(&link), "{link} is not in {links:?}");
    }
    // What is not here, and what is not for this viewer, is named by its author and leads nowhere.
    assert!(words.contains("ada/none") && words.contains("analytical/closed"), "{words}");
    assert!(!links.contains(&"/datasets/ada/none") && !links.contains(&"/analytical/closed"), "{links:?}");
    let picture = page.all("img").find(|image| image.attribute("alt") == Some("a picture")).unwrap();
    assert_eq!(picture.attribute("src"), Some("/ada/demo/resolve/main/img/a.png"));
    let of_rita = Browser::signed_in(&hub, RITA).await.page("/ada/demo").await;
    assert!(of_rita.links().contains(&"/analytical/closed"));
}

#[tokio::test]
async fn what_is_copied_names_this_hub() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("README.md", CARD)]).await;
    let browser = Browser::anonymous(&hub).await;
    let page = browser.page("/ada/demo").await;
    let recipe = |id: &str| {
        let found = page.all("pre").find(|pre| pre.attribute("id") == Some(id));
        found.unwrap_or_else(|| panic!("no {id}")).text.clone()
    };
    let base = recipe("use-hub");
    let base = base.lines().next().unwrap().strip_prefix("export HF_ENDPOINT=").unwrap();
    assert!(base.starts_with("http"), "{base}");
    assert!(recipe("use-hf").ends_with("hf download ada/demo"));
    assert!(recipe("use-library").contains("pipeline(\"text-generation\", model=\"ada/demo\")"));
    assert!(recipe("use-git").contains(&format!("git clone {base}/ada/demo")));
    for button in page.all("button").filter(|button| button.attribute("data-copy").is_some()) {
        let source = button.attribute("data-copy").unwrap();
        assert!(!recipe(source).is_empty() && button.attribute("hidden").is_some(), "{source}");
    }
    let dataset = browser.page("/datasets/ada/nums").await;
    assert!(dataset.words().contains("--repo-type dataset"), "{}", dataset.words());
}

#[tokio::test]
async fn a_repository_without_a_card_says_so() {
    let hub = hub();
    let edit = "/ada/demo/edit/main/README.md";
    let page = Browser::anonymous(&hub).await.page("/ada/demo").await;
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(page.words().contains("no card yet") && !page.links().contains(&edit));
    // Whoever may not write may propose one.
    for token in [ADA, BOB] {
        let page = Browser::signed_in(&hub, token).await.page("/ada/demo").await;
        assert!(page.links().contains(&edit), "{token}");
    }
}

#[tokio::test]
async fn the_card_of_a_gated_repository_is_for_its_members() {
    let hub = hub();
    let lines = [header_line("Card"), file_line("README.md", "---\nlicense: mit\n---\nThe canary sings.\n")];
    let committed = call(Method::POST, "/api/models/analytical/open/commit/main")
        .header("content-type", "application/x-ndjson")
        .token(WIM)
        .body(ndjson(&lines))
        .send(&hub)
        .await;
    assert_eq!(committed.status, 200, "{committed:?}");
    let settings = call(Method::PUT, "/api/models/analytical/open/settings").body(r#"{"gated":"auto"}"#);
    assert_eq!(settings.token(WIM).send(&hub).await.status, 200);
    for (token, may_read) in [(None, false), (Some(BOB), false), (Some(RITA), true)] {
        let page = Browser::of(&hub, token).await.page("/analytical/open").await;
        assert_eq!(page.words().contains("canary"), may_read, "{token:?}: {}", page.words());
        assert!(page.words().contains("mit"), "as the API says it: {}", page.words());
        assert_eq!(page.faults(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_space_says_how_it_runs() {
    let hub = hub();
    let page = Browser::anonymous(&hub).await.page("/spaces/ada/app").await;
    let words = page.words();
    assert!(words.contains("SDK static") && words.contains("Stage No app file"), "{words}");
    assert_eq!(page.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn a_card_that_cannot_be_shown_is_no_error() {
    let hub = hub();
    let browser = Browser::anonymous(&hub).await;
    add_files(&hub, "ada/demo", &[("README.md", "Only text.\n")]).await;
    assert!(browser.page("/ada/demo").await.words().contains("Only text."));
    add_files(&hub, "ada/demo", &[("README.md", "---\nlicense: mit\n---\n\n")]).await;
    let words = browser.page("/ada/demo").await.words();
    assert!(words.contains("The card has no text yet") && words.contains("mit"), "{words}");
    let content = "large card".repeat(10);
    upload(&hub, "ada/demo", content.as_bytes()).await;
    let lines = [lfs_line("README.md", content.as_bytes())];
    commit("ada/demo", &lines).token(ADA).send(&hub).await.json();
    assert!(browser.page("/ada/demo").await.words().contains("kept in LFS"));
    let bytes =
        json!({"key": "file", "value": {"path": "README.md", "content": "/w==", "encoding": "base64"}});
    commit("ada/demo", &[bytes]).token(ADA).send(&hub).await.json();
    assert!(browser.page("/ada/demo").await.words().contains("no text in UTF-8"));
    let long = format!("# Long\n\n{}", "word ".repeat(300_000));
    add_files(&hub, "ada/demo", &[("README.md", &long)]).await;
    let page = browser.page("/ada/demo").await;
    assert!(page.words().contains("longer than what is shown"), "{}", page.words().len());
}
