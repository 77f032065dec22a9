//! Signing in and out, and what a session is good for: every way into it that is none.

use http::Method;
use hub_server::EmbeddedHub;

use super::{
    Browser, cookie,
    unsent::{end_it, with_a_token_of_its_own},
};
use crate::support::{ADA, ADA_READS, BOB, WIM, add_files, builder, call, commit, file_line, get, head, hub};

const LIKE: &str = "/ada/demo/like";

async fn likes(hub: &EmbeddedHub) -> u64 {
    get("/api/models/ada/demo").send(hub).await.json()["likes"].as_u64().unwrap()
}

#[tokio::test]
async fn one_signs_in_with_a_token_and_out_again() {
    let hub = hub();
    let mut browser = Browser::anonymous(&hub).await;
    let wrong = browser.send("/login", &[("token", "hf_wrong"), ("back", "/ada/demo")]).await;
    assert_eq!((wrong.status.as_u16(), wrong.header("set-cookie")), (401, None));
    assert_eq!(wrong.header("www-authenticate"), None, "a browser would ask for a password");
    let page = wrong.html();
    assert_eq!(page.field("back"), Some("/ada/demo"));
    assert!(!wrong.text().contains("hf_wrong"));
    for nothing in ["", " ", &"x".repeat(5_000)] {
        assert_eq!(browser.send("/login", &[("token", nothing)]).await.status, 401);
    }

    let right = browser.send("/login", &[("token", " hf_ada\n"), ("back", "/ada/demo?x=1")]).await;
    assert_eq!(right.sees(), "/ada/demo?x=1");
    let set = right.header("set-cookie").unwrap();
    for part in ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=2592000"] {
        assert!(set.split("; ").any(|one| one == part), "{part} in {set}");
    }
    assert!(!set.contains("hf_ada") && !set.contains("Secure") && !set.contains("Domain"), "{set}");
    browser.cookie = cookie(set);
    assert!(browser.page("/").await.words().contains("Sign out"));

    let out = browser.send("/logout", &[]).await;
    assert_eq!(out.status, 403, "the form of another session");
    browser.form_token = browser.page("/").await.field("form_token").unwrap().to_owned();
    let out = browser.send("/logout", &[]).await;
    assert_eq!(out.sees(), "/");
    let set = out.header("set-cookie").unwrap();
    assert!(set.starts_with("hub=;") && set.contains("Max-Age=0"), "{set}");
    assert_eq!(browser.get("/logout").await.status, 405, "no link signs out");
}

#[tokio::test]
async fn one_comes_back_to_this_hub_alone() {
    let hub = hub();
    let browser = Browser::anonymous(&hub).await;
    for back in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:x",
        "/login",
    ] {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let page = browser.page(&format!("/login?{}", query.append_pair("back", back).finish())).await;
        assert_eq!(page.field("back"), Some("/"), "{back}");
        assert_eq!(browser.send("/login", &[("token", ADA), ("back", back)]).await.sees(), "/", "{back}");
    }
    let line = browser.send("/login", &[("token", ADA), ("back", "/a\r\nset-cookie: x=1")]).await;
    assert_eq!(line.sees(), "/");
}

#[tokio::test]
async fn a_session_is_good_for_pages_and_files_alone() {
    let hub = hub();
    let line = file_line("a.txt", "for members");
    commit("analytical/closed", &[line]).token(WIM).send(&hub).await.json();
    let browser = Browser::signed_in(&hub, WIM).await;
    let cookie = browser.cookie.clone().unwrap();
    let with = |method: Method, uri: &str| call(method, uri).header("cookie", &cookie);

    for (method, uri) in [
        (Method::GET, "/api/whoami-v2"),
        (Method::GET, "/api/models/analytical/closed"),
        (Method::POST, "/api/repos/create"),
        (Method::DELETE, "/api/repos/delete"),
        (Method::POST, "/api/models/analytical/closed/commit/main"),
        (Method::GET, "/analytical/closed.git/info/refs?service=git-upload-pack"),
        (Method::POST, "/analytical/closed.git/git-receive-pack"),
        (Method::POST, "/analytical/closed.git/info/lfs/objects/batch"),
        (Method::GET, "/api/models/analytical/closed/xet-read-token/main"),
    ] {
        for accept in ["*/*", "text/html"] {
            let response = with(method.clone(), uri).header("accept", accept).send(&hub).await;
            assert_eq!(response.status, 401, "{method} {uri}: {response:?}");
        }
    }
    // Nor does a form reach the API by its paths.
    let form = browser.form("/api/repos/create", &[("name", "x")]).send(&hub).await;
    assert_eq!(form.status, 401);
    for (uri, method) in [
        ("/analytical/closed/raw/main/a.txt", Method::GET),
        ("/analytical/closed/resolve/main/a.txt", Method::HEAD),
    ] {
        let response = with(method, uri).send(&hub).await;
        assert_eq!(response.status, 200, "{uri}: {response:?}");
        assert_eq!(response.header("cache-control"), Some("private, no-cache"), "{uri}");
        let varies: Vec<_> = response.headers.get_all("vary").iter().map(|it| it.to_str().unwrap()).collect();
        assert!(varies.contains(&"cookie"), "{varies:?}");
        assert_eq!(get(uri).send(&hub).await.status, 401);
        assert_eq!(with(Method::POST, uri).send(&hub).await.status, 405);
    }
    assert_eq!(get("/ada/demo/raw/main/.gitattributes").send(&hub).await.header("cache-control"), None);
    // A token that is sent counts before a cookie.
    let other = with(Method::GET, "/analytical/closed/raw/main/a.txt").token(BOB).send(&hub).await;
    assert_eq!(other.status, 404);
    let plain = builder().pages(false).build().unwrap();
    let nothing = get("/").header("accept", "text/html").send(&plain).await;
    assert_eq!(nothing.status, 404);
}

#[tokio::test]
async fn a_session_ends_with_its_token_and_files_of_everybody_stay_so() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "public")]).await;
    let mut browser = with_a_token_of_its_own(&hub).await;
    let own = browser.form_token.clone();
    assert_eq!(browser.get("/settings/tokens").await.status, 200);
    end_it(&hub);
    let over = browser.get("/settings/tokens").await;
    assert_eq!(over.status, 401);
    assert!(over.html().words().contains("Sign in"));
    assert!(browser.page("/ada/demo").await.links().iter().any(|link| link.starts_with("/login")));
    let file = browser.get("/ada/demo/raw/main/a.txt").await;
    assert_eq!((file.status.as_u16(), file.body.as_ref()), (200, b"public".as_slice()));
    assert_eq!(browser.send(LIKE, &[("like", "yes")]).await.status, 401);
    assert_eq!(browser.send("/logout", &[]).await.status, 403, "its forms are of another session");
    browser.form_token = Browser::anonymous(&hub).await.form_token;
    assert_ne!(own, browser.form_token);
    assert_eq!(browser.send(LIKE, &[("like", "yes")]).await.status, 401);
    assert_eq!(likes(&hub).await, 0);
    // And one signs in again over the old cookie.
    assert_eq!(browser.send("/login", &[("token", ADA)]).await.sees(), "/");
}

#[tokio::test]
async fn a_cookie_that_this_hub_did_not_make_is_none() {
    let (hub, other) = (hub(), hub());
    let own = Browser::signed_in(&hub, ADA).await.cookie.unwrap();
    let foreign = Browser::signed_in(&other, ADA).await.cookie.unwrap();
    let value = own.strip_prefix("hub=").unwrap();
    let cut = &own[..own.len() - 1];
    let asked = async |cookie: &str| {
        let page = get("/").header("accept", "text/html").header("cookie", cookie).send(&hub).await;
        assert_eq!(page.status, 200, "{cookie}");
        page.text().contains("Sign out")
    };
    assert!(asked(&own).await && asked(&format!("a=1; {own}; b=2")).await);
    for cookie in [
        foreign.as_str(),
        cut,
        "hub=",
        "hub=hf_ada",
        "hub=1:AAAA",
        &format!("hub={ADA}"),
        &format!("__Host-hub={value}"),
        &format!("Hub={value}"),
        &format!("{own}; {own}"),
        &format!("hub=x; {own}"),
        &format!("{own}; hub="),
        &format!("hub=\"{value}\""),
    ] {
        assert!(!asked(cookie).await, "{cookie}");
    }
}

#[tokio::test]
async fn a_form_is_sent_from_a_page_of_its_session() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, BOB).await;
    let like = || browser.form(LIKE, &[("like", "yes")]);
    let without = |call: crate::support::Call, names: &[&str]| call.without(names);
    for (site, origin) in [
        (Some("cross-site"), None),
        (Some("same-site"), None),
        (Some("none"), None),
        (Some("cross-site"), Some("http://localhost")),
        (None, None),
        (None, Some("null")),
        (None, Some("http://evil.example")),
        (None, Some("http://localhost.evil.example")),
        (None, Some("http://localhost:81")),
        (None, Some("localhost")),
    ] {
        let mut call = without(like(), &["origin", "sec-fetch-site"]).header("host", "localhost");
        if let Some(site) = site {
            call = call.header("sec-fetch-site", site);
        }
        if let Some(origin) = origin {
            call = call.header("origin", origin);
        }
        let response = call.send(&hub).await;
        assert_eq!(response.status, 403, "{site:?} {origin:?}");
        assert!(response.html().words().contains("another site"));
    }
    let own =
        without(like(), &["sec-fetch-site"]).header("host", "localhost").header("origin", "http://localhost");

    let form = |text: &str| browser.form(LIKE, &[]).body(text.to_owned());
    let token = &browser.form_token;
    let ada = Browser::signed_in(&hub, ADA).await.form_token;
    let again = Browser::signed_in(&hub, BOB).await.form_token;
    assert_ne!(&again, token, "each session has its own");
    for (text, status) in [
        ("like=yes".to_owned(), 403),
        ("like=yes&form_token=".to_owned(), 403),
        (format!("like=yes&form_token={}", Browser::anonymous(&hub).await.form_token), 403),
        (format!("like=yes&form_token={ada}"), 403),
        (format!("like=yes&form_token={again}"), 403),
        (format!("like=yes&form_token={}", token.to_uppercase()), 403),
        (format!("like=yes&form_token={token}&form_token={token}"), 400),
        (format!("like=yes&form_token=x&form_token={token}"), 400),
        (format!("like=yes&like=no&form_token={token}"), 400),
    ] {
        assert_eq!(form(&text).send(&hub).await.status, status, "{text}");
    }
    let typed =
        |media_type: &str| form(&format!("like=yes&form_token={token}")).header("content-type", media_type);
    for media_type in ["application/json", "text/plain", "application/x-ndjson", ""] {
        assert_eq!(typed(media_type).send(&hub).await.status, 404, "{media_type} is no form");
    }
    let link = browser.get(&format!("{LIKE}?like=yes&form_token={token}")).await;
    assert_eq!(link.status, 405, "no link changes anything");
    assert_eq!(likes(&hub).await, 0);
    own.send(&hub).await.sees();
    assert_eq!(likes(&hub).await, 1);
}

#[tokio::test]
async fn over_tls_the_cookie_is_of_this_host_alone() {
    let hub = builder().public_url("https://hub.example").build().unwrap();
    let browser = Browser::anonymous(&hub).await;
    let signed = browser.send("/login", &[("token", ADA)]).await;
    let set = signed.header("set-cookie").unwrap();
    assert!(
        set.starts_with("__Host-hub=") && set.contains("; Path=/;") && set.ends_with("; Secure"),
        "{set}"
    );
    let cookie = cookie(set).unwrap();
    let asked = async |cookie: &str| {
        get("/")
            .header("accept", "text/html")
            .header("cookie", cookie)
            .send(&hub)
            .await
            .text()
            .contains("Sign out")
    };
    assert!(asked(&cookie).await);
    assert!(!asked(cookie.strip_prefix("__Host-").unwrap()).await, "a name that anybody near may set");
    // What came without TLS may come from anybody.
    let from = |origin: &str| {
        let login = browser.form("/login", &[("token", ADA)]).without(&["sec-fetch-site"]);
        login.header("host", "hub.example").header("origin", origin)
    };
    assert_eq!(from("http://hub.example").send(&hub).await.status, 403);
    assert_eq!(from("https://hub.example").send(&hub).await.status, 303);
}

#[tokio::test]
async fn the_head_of_a_page_is_that_of_the_page() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA).await;
    for uri in ["/", "/login", "/settings/tokens", "/ada/demo/settings", "/ada/demo/upload/main"] {
        let page = browser.get(uri).await;
        let response = browser.call(Method::HEAD, uri).send(&hub).await;
        assert_eq!((response.status, response.body.len()), (page.status, 0), "{uri}");
        for name in ["content-length", "content-type", "etag", "content-security-policy", "cache-control"] {
            assert_eq!(response.header(name), page.header(name), "{uri} {name}");
        }
        let anonymous = head(uri).header("accept", "text/html").send(&hub).await;
        assert_ne!(anonymous.header("etag"), page.header("etag"), "{uri}: nobody has the page of somebody");
    }
}

#[tokio::test]
async fn a_token_that_reads_changes_nothing_through_a_browser() {
    let hub = hub();
    let browser = Browser::signed_in(&hub, ADA_READS).await;
    for (uri, fields) in [
        (LIKE, &[("like", "yes")][..]),
        ("/ada/demo/settings/access", &[("visibility", "private"), ("gated", "no")]),
        ("/ada/demo/settings/delete", &[("confirm", "ada/demo")]),
        ("/ada/demo/discussions/new", &[("title", "x")]),
        ("/ada/demo/refs/create-branch", &[("branch", "x")]),
        ("/ada/demo/edit/main/a.txt", &[("text", "x")]),
        ("/ada/demo/delete/main/.gitattributes", &[("how", "commit")]),
        ("/new", &[("name", "x")]),
    ] {
        assert_eq!(browser.send(uri, fields).await.status, 403, "{uri}");
    }
    assert_eq!(likes(&hub).await, 0);
}
