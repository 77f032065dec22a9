//! Passwords that a browser keeps by itself: it is asked for none, and no page of another site may use one.

use http::Method;
use hub_types::base64;
use serde_json::json;

use crate::support::{ADA, Call, call, get, hub, post};

const PICTURE: &str = "/analytical/closed/resolve/main/x.png";

/// A form of another site that is taken for JSON.
fn create() -> Call {
    let body = json!({"name": "made", "x": "="}).to_string();
    call(Method::POST, "/api/repos/create").header("content-type", "text/plain").body(body)
}

fn basic(call: Call) -> Call {
    call.header("authorization", &format!("Basic {}", base64::encode(format!("ada:{ADA}").as_bytes())))
}

#[tokio::test]
async fn a_picture_opens_no_window_that_asks_for_a_password() {
    let hub = hub();
    for (name, value) in [
        ("sec-fetch-dest", "image"),
        ("sec-fetch-site", "cross-site"),
        ("accept", "text/html,*/*;q=0.8"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ] {
        for uri in [PICTURE, "/api/whoami-v2", "/analytical/closed.git/info/refs?service=git-upload-pack"] {
            let response = get(uri).header(name, value).send(&hub).await;
            assert_eq!(response.status, 401, "{uri} {name}");
            assert_eq!(response.header("www-authenticate"), None, "{uri} {name}");
        }
    }
    for agent in ["git/2.47.0", "git-lfs/3.6.0", "hf_hub/1.2.0; python/3.12", "curl/8.5.0"] {
        let response = get(PICTURE).header("user-agent", agent).header("accept", "*/*").send(&hub).await;
        assert_eq!(response.header("www-authenticate"), Some("Basic realm=\"hub\""), "{agent}");
    }
}

#[tokio::test]
async fn no_page_of_another_site_uses_the_password_of_a_browser() {
    let hub = hub();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://localhost:81"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let sent = basic(create()).header("host", "localhost").header(name, value).send(&hub).await;
        assert_eq!(sent.status, 403, "{name}: {value}: {sent:?}");
        assert!(sent.error().2.contains("another site"), "{sent:?}");
        let push = basic(call(Method::POST, "/ada/demo.git/git-receive-pack")).header(name, value);
        assert_eq!(push.send(&hub).await.status, 403, "{name}: {value}");
    }
    assert_eq!(get("/api/models/ada/made").send(&hub).await.status, 401, "nothing was made");

    // A page that knows the token is let in by it, and so is whoever is no page.
    let foreign = |name: &str| {
        let create = post("/api/repos/create", json!({"name": name}));
        create.header("origin", "https://app.example").header("sec-fetch-site", "cross-site")
    };
    assert_eq!(foreign("by-page").token(ADA).send(&hub).await.status, 200);
    assert_eq!(basic(create()).send(&hub).await.status, 200);
    let own = basic(post("/api/repos/create", json!({"name": "own"}))).header("host", "localhost");
    assert_eq!(own.header("origin", "http://localhost").send(&hub).await.status, 200);
    let reads = basic(get("/api/whoami-v2")).header("sec-fetch-site", "cross-site").send(&hub).await;
    assert_eq!(reads.status, 200);
}
