//! New repositories, their settings, and one's own tokens.

use hub_server::{EmbeddedHub, TokenRole};
use hub_types::RepoType;

use super::{Browser, html::Html};
use crate::support::{ADA, ADA_READS, BOB, CORA, RITA, WIM, builder, get, hub};

fn problem(page: &Html) -> String {
    let problem = page.elements.iter().find(|element| element.has_class("problem"));
    problem.unwrap_or_else(|| panic!("no problem in {}", page.words())).text.clone()
}

/// What can be chosen in a field.
fn choices(page: &Html, field: &str) -> Vec<String> {
    let at = page.elements.iter().position(|element| element.attribute("name") == Some(field)).unwrap();
    let rest = page.elements[at + 1..].iter();
    let options = rest.take_while(|element| element.name == "option");
    options
        .map(|option| option.attribute("value").map_or_else(|| option.text.clone(), str::to_owned))
        .collect()
}

async fn info(hub: &EmbeddedHub, repo: &str, token: &str) -> serde_json::Value {
    get(&format!("/api/{repo}")).token(token).send(hub).await.json()
}

#[tokio::test]
async fn a_repository_is_made_where_one_may() {
    let hub = hub();
    let ada = Browser::signed_in(&hub, ADA).await;
    let page = ada.page("/new?type=dataset&name=x").await;
    assert_eq!(page.faults(), Vec::<String>::new());
    assert_eq!((choices(&page, "owner"), page.field("name")), (vec!["ada".to_owned()], Some("x")));
    let made = ada.send("/new", &[("type", "dataset"), ("name", "words"), ("visibility", "private")]).await;
    assert_eq!(made.sees(), "/datasets/ada/words");
    assert_eq!(info(&hub, "datasets/ada/words", ADA).await["private"], true);
    let space = ada.send("/new", &[("type", "space"), ("name", "shop"), ("sdk", "docker")]).await;
    assert_eq!(space.sees(), "/spaces/ada/shop");

    for (fields, status, words) in [
        (vec![("name", "demo")], 409, "already created"),
        (vec![("name", "a b")], 400, "a b"),
        (vec![("name", "")], 400, ""),
        (vec![("name", "x"), ("type", "space"), ("sdk", "cobol")], 400, "sdk"),
    ] {
        let response = ada.send("/new", &fields).await;
        assert_eq!(response.status, status, "{fields:?}");
        let page = response.html();
        assert!(problem(&page).contains(words), "{}", problem(&page));
        assert_eq!(page.field("name"), Some(fields[0].1), "what was typed stays");
    }
    assert_eq!(ada.send("/new", &[("name", "x"), ("owner", "analytical")]).await.status, 403);

    let cora = Browser::signed_in(&hub, CORA).await;
    assert_eq!(choices(&cora.page("/new").await, "owner"), ["cora", "analytical"]);
    assert_eq!(cora.send("/new", &[("name", "x"), ("owner", "analytical")]).await.sees(), "/analytical/x");
    let rita = Browser::signed_in(&hub, RITA).await;
    assert_eq!(choices(&rita.page("/new").await, "owner"), ["rita"], "who reads makes nothing there");
    let reads = Browser::signed_in(&hub, ADA_READS).await;
    assert!(reads.page("/new").await.words().contains("a token that only reads"));
    assert_eq!(reads.send("/new", &[("name", "y")]).await.status, 403);
    assert_eq!(Browser::anonymous(&hub).await.send("/new", &[("name", "y")]).await.status, 401);
}

#[tokio::test]
async fn settings_are_changed_and_it_is_said_what_was_done() {
    let hub = hub();
    let ada = Browser::signed_in(&hub, ADA).await;
    let page = ada.page("/ada/demo/settings").await;
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(!page.words().contains("Secrets"), "only Spaces have them");
    let saved =
        ada.send("/ada/demo/settings/access", &[("visibility", "private"), ("gated", "manual")]).await;
    assert_eq!(saved.sees(), "/ada/demo/settings?done=access");
    assert!(ada.page(saved.sees()).await.words().contains("was saved"));
    let now = info(&hub, "models/ada/demo", ADA).await;
    assert_eq!((&now["private"], &now["gated"]), (&true.into(), &"manual".into()));
    assert!(!ada.page("/ada/demo/settings?done=evil").await.words().contains("evil"));
    let half = ada.send("/ada/demo/settings/access", &[("visibility", "private")]).await;
    assert_eq!((half.status.as_u16(), problem(&half.html()).as_str()), (400, "Choose who gets its files."));

    let taken = ada.send("/ada/demo/settings/move", &[("owner", "ada"), ("name", "demo")]).await;
    assert_eq!(taken.status, 409);
    assert_eq!(
        ada.send("/ada/demo/settings/move", &[("owner", "analytical"), ("name", "a")]).await.status,
        403
    );
    let moved = ada.send("/ada/demo/settings/move", &[("owner", "ada"), ("name", "other")]).await;
    assert_eq!(moved.sees(), "/ada/other/settings?done=moved");
    assert!(ada.page(moved.sees()).await.words().contains("new name"));

    let wrong = ada.send("/ada/other/settings/delete", &[("confirm", "ada/demo")]).await;
    assert_eq!(wrong.status, 400);
    assert!(problem(&wrong.html()).contains("Type ada/other"));
    let gone = ada.send("/ada/other/settings/delete", &[("confirm", "ada/other")]).await;
    assert_eq!(gone.sees(), "/ada");
    assert_eq!(get("/api/models/ada/other").token(ADA).send(&hub).await.status, 404);
}

#[tokio::test]
async fn secrets_of_a_space_are_set_and_shown_to_nobody() {
    let hub = hub();
    let ada = Browser::signed_in(&hub, ADA).await;
    let at = |what: &str| format!("/spaces/ada/app/settings/{what}");
    let secret = [("key", "TOKEN"), ("value", "the canary"), ("description", "For <b>builds</b>")];
    assert_eq!(ada.send(&at("add-secret"), &secret).await.sees(), "/spaces/ada/app/settings?done=secret");
    let variable = [("key", "MODEL"), ("value", "ada/demo & more")];
    ada.send(&at("add-variable"), &variable).await.sees();
    ada.send(&at("add-variable"), &[("key", "LONG"), ("value", &"x".repeat(60_000))]).await.sees();
    let response = ada.get("/spaces/ada/app/settings").await;
    let page = response.html();
    assert_eq!(page.faults(), Vec::<String>::new());
    for shown in ["TOKEN", "For <b>builds</b>", "MODEL", "ada/demo & more"] {
        assert!(page.words().contains(shown), "{shown}: {}", page.words());
    }
    assert!(!response.text().contains("canary") && response.body.len() < 20_000);
    for (what, key) in [("add-secret", "1X"), ("add-variable", "a-b"), ("add-variable", "")] {
        let wrong = ada.send(&at(what), &[("key", key), ("value", "the canary")]).await;
        assert_eq!(wrong.status, 400, "{what} {key}");
        assert!(!wrong.text().contains("canary"));
    }
    ada.send(&at("delete-secret"), &[("key", "TOKEN")]).await.sees();
    ada.send(&at("delete-variable"), &[("key", "MODEL")]).await.sees();
    let words = ada.page("/spaces/ada/app/settings").await.words();
    assert!(!words.contains("TOKEN") && !words.contains("MODEL") && words.contains("LONG"), "{words}");
    assert_eq!(ada.send("/ada/demo/settings/add-secret", &secret).await.status, 404);
}

#[tokio::test]
async fn settings_are_for_those_who_may_write() {
    let hub = hub();
    for (token, status) in [(None, 401), (Some(BOB), 404), (Some(RITA), 403), (Some(WIM), 200)] {
        let browser = Browser::of(&hub, token).await;
        assert_eq!(browser.get("/analytical/closed/settings").await.status, status, "{token:?}");
        let change =
            browser.send("/analytical/closed/settings/delete", &[("confirm", "analytical/closed")]).await;
        assert_eq!(change.status, if status == 200 { 303 } else { status }, "{token:?}");
    }
    let reads = Browser::signed_in(&hub, ADA_READS).await;
    assert_eq!(reads.get("/ada/demo/settings").await.status, 403);
}

/// The new token in a page.
fn secret(page: &Html) -> String {
    page.all("pre").next().unwrap().text.trim().to_owned()
}

#[tokio::test]
async fn a_token_is_made_shown_once_and_revoked() {
    let hub = hub();
    let ada = Browser::signed_in(&hub, ADA).await;
    let page = ada.page("/settings/tokens").await;
    assert_eq!(page.faults(), Vec::<String>::new());
    assert_eq!(choices(&page, "role"), ["read", "write"], "no token makes more than itself");
    let made = ada.send("/settings/tokens", &[("name", "laptop"), ("role", "write"), ("days", "30")]).await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (200, Some("no-store")));
    let token = secret(&made.html());
    let told = get("/api/whoami-v2").token(&token).send(&hub).await.json();
    assert_eq!(told["auth"]["accessToken"]["role"], "write");
    let listed = ada.get("/settings/tokens").await;
    assert!(listed.html().words().contains("laptop write") && !listed.text().contains(&token));

    for (fields, status, words) in [
        ([("name", "laptop"), ("role", "read"), ("days", "")], 409, "already"),
        ([("name", ""), ("role", "read"), ("days", "")], 400, "name"),
        ([("name", "a\nb"), ("role", "read"), ("days", "")], 400, "line"),
        ([("name", "x"), ("role", "root"), ("days", "")], 400, "may do"),
        ([("name", "x"), ("role", "read"), ("days", "0")], 400, "valid"),
        ([("name", "x"), ("role", "read"), ("days", "-1")], 400, "number"),
        ([("name", "x"), ("role", "read"), ("days", "99999999")], 400, "hundred years"),
    ] {
        let response = ada.send("/settings/tokens", &fields).await;
        assert_eq!(response.status, status, "{fields:?}");
        assert!(problem(&response.html()).contains(words), "{}", problem(&response.html()));
    }
    assert_eq!(ada.send("/settings/tokens", &[("name", "x"), ("role", "admin")]).await.status, 403);

    let revoked = ada.send("/settings/tokens/revoke", &[("name", "laptop")]).await;
    assert!(ada.page(revoked.sees()).await.words().contains("revoked"));
    assert_eq!(get("/api/whoami-v2").token(&token).send(&hub).await.status, 401);
    assert_eq!(ada.send("/settings/tokens/revoke", &[("name", "laptop")]).await.status, 404);
}

#[tokio::test]
async fn a_token_that_reads_makes_tokens_that_read_and_revokes_itself_alone() {
    let hub = hub();
    let reads = Browser::signed_in(&hub, ADA_READS).await;
    let page = reads.page("/settings/tokens").await;
    assert_eq!(choices(&page, "role"), ["read"]);
    assert!(page.words().contains("revokes itself alone"));
    assert_eq!(reads.send("/settings/tokens", &[("name", "x"), ("role", "write")]).await.status, 403);
    let made = secret(&reads.send("/settings/tokens", &[("name", "x"), ("role", "read")]).await.html());
    assert_eq!(reads.send("/settings/tokens/revoke", &[("name", "x")]).await.status, 403);
    // Bob has none of these names.
    let bob = Browser::signed_in(&hub, BOB).await;
    assert_eq!(bob.send("/settings/tokens/revoke", &[("name", "x")]).await.status, 404);
    let x = Browser::signed_in(&hub, &made).await;
    assert_eq!(x.send("/settings/tokens/revoke", &[("name", "x")]).await.sees(), "/login");
    assert_eq!(x.get("/settings/tokens").await.status, 401, "signed out by that");
}

#[tokio::test]
async fn no_token_outlasts_the_one_that_made_it() {
    let hub = builder().build().unwrap();
    let request = hub_server::AdminRequest::CreateToken {
        user: "ada".into(),
        name: "week".into(),
        role: TokenRole::Write,
        valid_for: Some(7 * 86_400),
    };
    let week = hub.administer(&request).unwrap();
    let (end, week) =
        (week["expires_at"].as_str().unwrap()[..16].to_owned(), week["token"].as_str().unwrap().to_owned());
    let browser = Browser::signed_in(&hub, &week).await;
    for (name, days) in [("ever", ""), ("year", "365")] {
        let page = browser
            .send("/settings/tokens", &[("name", name), ("role", "read"), ("days", days)])
            .await
            .html();
        let until = page.all("time").next().unwrap().attribute("datetime").unwrap().to_owned();
        assert!(until.starts_with(&end), "{name}: {until}, not {end}");
    }
    let page =
        browser.send("/settings/tokens", &[("name", "day"), ("role", "read"), ("days", "1")]).await.html();
    assert!(!page.all("time").next().unwrap().attribute("datetime").unwrap().starts_with(&end));
}

#[tokio::test]
async fn a_user_makes_so_many_tokens_and_no_more() {
    let hub = builder().repo_of(RepoType::Model, "ada/x", false).build().unwrap();
    let ada = Browser::signed_in(&hub, ADA).await;
    for number in 2..100 {
        let fields = [("name", &*format!("t{number}")), ("role", "read")];
        assert_eq!(ada.send("/settings/tokens", &fields).await.status, 200, "{number}");
    }
    let more = ada.send("/settings/tokens", &[("name", "more"), ("role", "read")]).await;
    assert_eq!(more.status, 400);
    assert!(more.body.len() < 100_000 && problem(&more.html()).contains("100 tokens"), "{}", more.body.len());
}
