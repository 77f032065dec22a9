//! The start, the listings and the pages of accounts.

use hub_server::{EmbeddedHub, Seed};
use hub_types::{RepoRef, RepoType};
use serde_json::json;

use super::{Browser, html::Html};
use crate::support::{ADA, BOB, RITA, WIM, add_files, builder, call, hub};

/// The ids of the repositories in the lists of a page, in order.
fn ids(page: &Html) -> Vec<String> {
    let named = page.all("a").filter(|link| link.has_class("id"));
    named.map(|link| link.text.clone()).collect()
}

fn next(page: &Html) -> Option<&str> {
    page.all("a").find(|link| link.attribute("rel") == Some("next"))?.attribute("href")
}

async fn like(hub: &EmbeddedHub, repo: &str, token: &str) {
    let liked = call(http::Method::POST, &format!("/api/{repo}/like")).token(token).send(hub).await;
    assert_eq!(liked.status, 200, "{liked:?}");
}

/// What is in the search field of the page itself.
fn searched(page: &Html) -> Option<&str> {
    page.all("input").find(|field| field.attribute("id") == Some("search"))?.attribute("value")
}

fn private_path(page: &Html) -> bool {
    page.links().iter().any(|link| link.ends_with("/closed"))
}

#[tokio::test]
async fn a_listing_shows_what_fits_every_filter() {
    let hub = builder().repo("ada/other").repo("analytical/more").build().unwrap();
    let card = "---\npipeline_tag: fill-mask\nlibrary_name: candle\nlicense: mit\ntags: [small]\n---\n";
    add_files(&hub, "ada/demo", &[("README.md", card)]).await;
    add_files(&hub, "ada/other", &[("README.md", "---\nlicense: mit\npipeline_tag: translation\n---\n")])
        .await;
    let browser = Browser::anonymous(&hub).await;
    for (query, expected) in [
        ("search=OTHER", &["ada/other"][..]),
        ("author=Analytical&sort=id", &["analytical/more", "analytical/open"]),
        ("pipeline_tag=fill-mask", &["ada/demo"]),
        ("library=candle", &["ada/demo"]),
        ("filter=license%3Amit&sort=id", &["ada/demo", "ada/other"]),
        ("filter=license%3Amit&filter=small", &["ada/demo"]),
        ("filter=license%3Amit&library=candle&pipeline_tag=fill-mask&search=demo&author=ada", &["ada/demo"]),
        ("filter=small&pipeline_tag=translation", &[]),
        (
            "search=&author=&pipeline_tag=&library=&filter=&sort=id",
            &["ada/demo", "ada/other", "analytical/more", "analytical/open"],
        ),
        ("search=%27%20OR%201=1--", &[]),
    ] {
        let page = browser.page(&format!("/models?{query}")).await;
        assert_eq!(ids(&page), expected, "{query}");
        assert_eq!(page.faults(), Vec::<String>::new(), "{query}");
    }
    for (path, expected) in [("/datasets", "ada/nums"), ("/spaces", "ada/app")] {
        assert_eq!(ids(&browser.page(path).await), [expected]);
    }
    for wrong in ["sort=beauty", "cursor=x", &format!("filter={}", "x".repeat(501))] {
        assert_eq!(browser.get(&format!("/models?{wrong}")).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn filters_are_offered_and_can_be_taken_back() {
    let hub = hub();
    let card = "---\npipeline_tag: fill-mask\nlibrary_name: candle\nlicense: mit\ntags: [small]\n---\n";
    add_files(&hub, "ada/demo", &[("README.md", card)]).await;
    let browser = Browser::anonymous(&hub).await;
    let mut page = browser.page("/models").await;
    for offered in [
        "/models?pipeline_tag=fill-mask",
        "/models?library=candle",
        "/models?filter=license%3Amit",
        "/models?filter=small",
    ] {
        assert!(page.links().contains(&offered), "{offered} in {:?}", page.links());
    }
    page = browser.page("/models?filter=small&pipeline_tag=fill-mask&search=demo").await;
    assert_eq!(searched(&page), Some("demo"));
    for removing in [
        "/models?pipeline_tag=fill-mask&filter=small",
        "/models?search=demo&filter=small",
        "/models?search=demo&pipeline_tag=fill-mask",
    ] {
        assert!(page.links().contains(&removing), "{removing} in {:?}", page.links());
    }
    // The form keeps the tags that are chosen.
    let kept: Vec<_> = page.all("input").filter(|field| field.attribute("type") == Some("hidden")).collect();
    assert!(kept.iter().any(|field| field.attribute("value") == Some("small")), "{kept:?}");
}

#[tokio::test]
async fn pages_follow_each_other_in_every_order_and_keep_the_filters() {
    let mut hub = builder();
    for number in 0..65 {
        hub = hub.repo(&format!("ada/m{number:02}"));
    }
    let hub = hub.build().unwrap();
    let browser = Browser::anonymous(&hub).await;
    for sort in ["", "lastModified", "createdAt", "likes", "id"] {
        let mut seen = Vec::new();
        let mut path = Some(format!("/models?search=ada%2Fm&sort={sort}"));
        let mut pages = 0;
        while let Some(current) = path {
            let page = browser.page(&current).await;
            let found = ids(&page);
            assert!(found.len() <= 30, "{sort}: {}", found.len());
            seen.extend(found);
            pages += 1;
            path = next(&page).map(str::to_owned);
            assert!(path.as_ref().is_none_or(|next| next.contains("search=ada%2Fm")), "{path:?}");
        }
        assert_eq!(pages, 3, "{sort}");
        if sort == "id" {
            assert!(seen.is_sorted(), "{seen:?}");
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 65, "{sort}");
    }
}

#[tokio::test]
async fn private_repositories_are_shown_to_members_alone() {
    let hub = hub();
    for (token, sees) in [(None, false), (Some(BOB), false), (Some(ADA), false), (Some(RITA), true)] {
        let browser = Browser::of(&hub, token).await;
        for path in [
            "/",
            "/models",
            "/models?search=closed",
            "/?search=closed",
            "/analytical",
            "/models?author=analytical",
        ] {
            assert_eq!(private_path(&browser.page(path).await), sees, "{path} for {token:?}");
        }
        let start = browser.page("/").await;
        let models = if sees { "Models 3" } else { "Models 2" };
        assert!(start.texts("h2").contains(&models.to_owned()), "{:?}", start.texts("h2"));
    }
}

#[tokio::test]
async fn the_start_shows_the_newest_and_the_most_liked_and_searches_all_kinds() {
    let hub = builder().repo_of(RepoType::Dataset, "ada/demo-nums", false).build().unwrap();
    like(&hub, "models/analytical/open", BOB).await;
    let anonymous = Browser::anonymous(&hub).await;
    let start = anonymous.page("/").await;
    assert_eq!(ids(&start)[..2], ["analytical/open", "ada/demo"], "the newest first");
    assert_eq!(ids(&start)[2], "analytical/open", "what nobody likes is not among the liked");
    assert!(start.words().contains("hub admin tokens create"));
    assert!(!Browser::signed_in(&hub, BOB).await.page("/").await.words().contains("hub admin tokens create"));
    let found = anonymous.page("/?search=demo").await;
    assert_eq!(ids(&found), ["ada/demo", "ada/demo-nums"]);
    assert_eq!(found.faults(), Vec::<String>::new());
    let by_name = anonymous.page("/?search=ADA").await;
    assert!(by_name.links().contains(&"/ada"), "{:?}", by_name.links());
    let odd = anonymous.page("/?search=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert_eq!(odd.faults(), Vec::<String>::new());
    assert_eq!(searched(&odd), Some("<script>alert(1)</script>"));
    let long = format!("/?search={}", "x".repeat(501));
    assert_eq!(anonymous.get(&long).await.status, 400);
}

#[tokio::test]
async fn what_a_card_says_is_text_in_a_listing() {
    let hub = hub();
    let card = "---\npipeline_tag: '<script>x()</script>'\ntags: ['\"><img src=x onerror=x()>']\n---\n";
    add_files(&hub, "ada/demo", &[("README.md", card)]).await;
    let browser = Browser::anonymous(&hub).await;
    for path in
        ["/", "/models", "/ada", "/?search=demo", "/models?filter=%22%3E%3Cimg%20src%3Dx%20onerror%3Dx()%3E"]
    {
        let page = browser.page(path).await;
        assert_eq!(page.faults(), Vec::<String>::new(), "{path}");
        assert_eq!((page.all("script").count(), page.all("img").count()), (1, 0), "{path}");
    }
}

#[tokio::test]
async fn a_repository_that_is_switched_off_is_named_without_what_its_card_says() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("README.md", "---\npipeline_tag: fill-mask\ntags: [special]\n---\n")])
        .await;
    hub.disable(&RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap()), true).unwrap();
    for token in [None, Some(ADA)] {
        let browser = Browser::of(&hub, token).await;
        for path in ["/", "/models", "/ada"] {
            let page = browser.page(path).await;
            assert!(ids(&page).contains(&"ada/demo".to_owned()), "{path}");
            assert!(!page.words().contains("fill-mask") && !page.words().contains("special"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_page_of_a_listing_is_small_whatever_cards_say() {
    let mut hub = builder();
    for number in 0..31 {
        hub = hub.repo(&format!("ada/m{number}"));
    }
    let hub = hub.build().unwrap();
    for number in 0..31 {
        let tags: String =
            (0..200).map(|tag| format!("  - '{}{number}-{tag}'\n", "&<>".repeat(60))).collect();
        let card = format!("---\npipeline_tag: '{}'\ntags:\n{tags}---\n", "<".repeat(10_000));
        add_files(&hub, &format!("ada/m{number}"), &[("README.md", &card)]).await;
    }
    let browser = Browser::signed_in(&hub, ADA).await;
    for path in ["/", "/models", "/ada", "/?search=m"] {
        let length = browser.get(path).await.body.len();
        assert!(length < 100_000, "{path} has {length} bytes");
    }
}

#[tokio::test]
async fn an_account_is_shown_without_addresses_and_tokens() {
    let seed = "[[user]]\nname = \"Eve\"\nfullname = \"Eve E.\"\nemail = \"eve@secret.example\"\n\
                tokens = [{ name = \"hush\", token = \"hf_eve\", role = \"write\" }]\norgs = [{ name = \"analytical\", role = \"admin\" }]\n";
    let hub = builder().seed(seed.parse::<Seed>().unwrap()).repo("eve/own").build().unwrap();
    for token in [None, Some(BOB), Some("hf_eve")] {
        let browser = Browser::of(&hub, token).await;
        for path in ["/eve", "/EVE", "/analytical"] {
            let response = browser.get(path).await;
            assert_eq!(response.status, 200, "{path}");
            let text = response.text();
            assert!(
                !text.contains("secret.example") && !text.contains("hf_eve") && !text.contains("hush"),
                "{text}"
            );
        }
        let page = browser.page("/eve").await;
        assert_eq!(page.texts("h1"), ["Eve Eve E."]);
        assert!(page.links().contains(&"/analytical"));
        assert!(ids(&page)[0].eq_ignore_ascii_case("eve/own"), "{:?}", ids(&page));
    }
}

#[tokio::test]
async fn members_are_named_and_their_roles_are_for_members() {
    let hub = hub();
    for (token, told) in [(None, false), (Some(BOB), false), (Some(RITA), true)] {
        let page = Browser::of(&hub, token).await.page("/analytical").await;
        for name in ["/rita", "/wim", "/cora"] {
            assert!(page.links().contains(&name), "{name}");
        }
        assert_eq!(page.words().contains("contributor"), told, "{token:?}");
        assert_eq!(page.faults(), Vec::<String>::new());
    }
    let browser = Browser::anonymous(&hub).await;
    for nobody in ["/nobody", "/x%2Fy", "/favicon.ico"] {
        assert_eq!(browser.get(nobody).await.status, 404, "{nobody}");
    }
}

#[tokio::test]
async fn likes_are_shown_in_pages_without_private_repositories() {
    let mut hub = builder();
    for number in 0..35 {
        hub = hub.repo(&format!("ada/m{number}"));
    }
    let hub = hub.build().unwrap();
    for number in 0..35 {
        like(&hub, &format!("models/ada/m{number}"), WIM).await;
    }
    like(&hub, "models/analytical/closed", WIM).await;
    let browser = Browser::signed_in(&hub, WIM).await;
    let liked = |page: &Html| page.links().iter().filter(|link| link.starts_with("/ada/m")).count();
    let first = browser.page("/wim").await;
    assert_eq!(liked(&first), 30);
    let path = next(&first).unwrap().split('#').next().unwrap().to_owned();
    let second = browser.page(&path).await;
    assert_eq!((liked(&second), next(&second)), (5, None));
    assert!(!private_path(&first) && !private_path(&second));
    assert_eq!(browser.get("/wim?before=x").await.status, 400);
}

#[tokio::test]
async fn the_listings_of_the_api_are_as_before() {
    let hub = hub();
    let listed = crate::support::get("/api/models?sort=id&direction=1").send(&hub).await.json();
    let listed: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(json!(listed), json!(["ada/demo", "analytical/open"]));
    for path in ["/", "/models", "/ada", "/activity"] {
        let plain = crate::support::get(path).header("accept", "application/json").send(&hub).await;
        assert_eq!(plain.status, 404, "{path}");
    }
}
