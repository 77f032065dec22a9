//! `HfApi::request`: what no method covers, through the same transport.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, header::AUTHORIZATION, response::Parts};
use hub_api::{
    ErrorKind, RequestTo,
    transport::{Body, Endpoint, Error, RetryClass, decode_json, get, testing::Recorder},
    types::WhoAmI,
};
use hub_server::Fault;
use hub_tests::{ADA, BOB, ada, client_of, hub};
use serde_json::{Value, json};
use tower::util::MapRequestLayer;

/// An endpoint as somebody else would write it.
struct NameOf {
    url: &'static str,
}

impl Endpoint for NameOf {
    const NAME: &'static str = "name_of";
    type Output = String;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.url.to_owned()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(self.url).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<String, Error> {
        decode_json::<Value>(head, &body).map(|response| response["name"].to_string())
    }
}

#[tokio::test]
async fn a_response_becomes_what_the_caller_asks_for() {
    let hub = hub();
    let api = ada(&hub);
    let user: WhoAmI = api.request(RequestTo::get("/api/whoami-v2")).await.unwrap();
    assert_eq!(user.name, "ada");
    let found: Vec<Value> = api
        .request(RequestTo::get("/api/models").query("author", "ada").query("search", "de mo&"))
        .await
        .unwrap();
    assert_eq!(found, Vec::<Value>::new());
    let found: Value =
        api.blocking().request(RequestTo::get("/api/models?limit=5").query("search", "demo")).send().unwrap();
    assert_eq!(found[0]["id"], "ada/demo");
    assert_eq!(api.request(NameOf { url: "/api/whoami-v2" }).await.unwrap(), r#""ada""#);
}

#[tokio::test]
async fn a_payload_is_sent_and_a_response_without_json_can_be_ignored() {
    let hub = hub();
    let api = ada(&hub);
    let tag = RequestTo::new(Method::POST, "/api/models/ada/demo/tag/main", RetryClass::Ambiguous);
    api.request(tag.json(&json!({"tag": "v1"})).ignore_response()).await.unwrap();
    assert_eq!(api.list_repo_refs("ada/demo").await.unwrap().tags[0].name, "v1");
    let untag = RequestTo::new(Method::DELETE, "/api/models/ada/demo/tag/v1", RetryClass::Ambiguous);
    api.request(untag.ignore_response()).await.unwrap();
    assert!(api.list_repo_refs("ada/demo").await.unwrap().tags.is_empty());
}

#[tokio::test]
async fn failures_are_classified_as_those_of_methods() {
    let hub = hub();
    let api = ada(&hub);
    let missing = api.request(RequestTo::<Value>::get("/api/models/ada/none")).await.unwrap_err();
    assert_eq!(missing.kind(), Some(ErrorKind::RepoNotFound));
    let unfit = api.request(RequestTo::<Vec<u8>>::get("/api/models/ada/demo")).await.unwrap_err();
    assert_eq!(unfit.kind(), Some(ErrorKind::Decode));
    let create = RequestTo::<Value>::new(Method::POST, "/api/repos/create", RetryClass::Ambiguous);
    let taken = api.request(create.json(&json!({"name": "demo"}))).await.unwrap_err();
    assert_eq!(taken.kind(), Some(ErrorKind::Conflict));
    assert!(taken.to_string().contains("request POST /api/repos/create"), "{taken}");
}

#[tokio::test]
async fn another_host_is_refused_and_nothing_is_sent() {
    let seen = Recorder::new();
    let api = client_of(&hub()).token(ADA).attempt_layer(seen.layer()).build().unwrap();
    for path in ["https://evil.test/x", "http://hub.localhost/api/models", "//evil.test/x", "api/models", ""]
    {
        let error = api.request(RequestTo::<Value>::get(path)).await.unwrap_err();
        assert!(error.is_invalid_input(), "{path}: {error}");
        assert!(api.request_pages(RequestTo::<Value>::get(path)).all().await.is_err());
    }
    for wrong in [
        RequestTo::<Value>::get("/x").token("hf a"),
        RequestTo::get("/x").json(&std::collections::BTreeMap::from([((1, 2), 3)])),
        RequestTo::get("/a b"),
        RequestTo::get("/api/models#x").query("limit", 1),
    ] {
        assert!(api.request(wrong).await.unwrap_err().is_invalid_input());
    }
    assert!(seen.requests().is_empty());
    // An endpoint of one's own may lead elsewhere; the token stays.
    let _ = api.request(NameOf { url: "http://evil.test/api/whoami-v2" }).await;
    assert_eq!(seen.requests()[0].uri.host(), Some("evil.test"));
    assert!(seen.requests().iter().all(|request| !request.has_token()));
}

#[tokio::test]
async fn a_request_may_bring_its_own_token_or_none() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&sent);
    let watch = MapRequestLayer::new(move |request: Request<Body>| {
        let token = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
        keep.lock().unwrap().push(token);
        request
    });
    let api = client_of(&hub()).token(ADA).attempt_layer(watch).build().unwrap();
    let who = || RequestTo::<WhoAmI>::get("/api/whoami-v2");
    assert_eq!(api.request(who().token(BOB)).await.unwrap().name, "bob");
    let nobody = api.request(who().no_token()).await.unwrap_err();
    assert_eq!(nobody.kind(), Some(ErrorKind::Unauthorized));
    assert_eq!(api.request(who()).await.unwrap().name, "ada");
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    assert_eq!(*sent.lock().unwrap(), [bearer(BOB), None, bearer(ADA)]);
    let shown = format!("{:?}", who().token(BOB).query("q", "secret"));
    assert_eq!(shown, "RequestTo(GET /api/whoami-v2 (Read))");
}

#[tokio::test(start_paused = true)]
async fn the_stated_class_decides_what_is_repeated() {
    let hub = hub();
    let api = ada(&hub);
    let open = |class| {
        RequestTo::<Value>::new(Method::PUT, "/api/models/ada/demo/settings", class)
            .json(&json!({"gated": "auto"}))
    };
    hub.fault(Fault::status(502).on("PUT").times(1));
    api.request(open(RetryClass::Set)).await.unwrap();
    hub.fault(Fault::status(502).on("PUT").times(1));
    let error = api.request(open(RetryClass::Ambiguous)).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Server));
}

#[tokio::test]
async fn pages_of_any_listing_are_followed() {
    let hub = hub();
    let api = ada(&hub);
    for name in ["ada/b", "ada/c"] {
        api.create_repo(name).await.unwrap();
    }
    let pages = || RequestTo::<Value>::get("/api/models").query("limit", 1);
    assert_eq!(api.request_pages(pages()).all().await.unwrap().len(), 3);
    assert_eq!(api.blocking().request_pages(pages()).limit(2).all().unwrap().len(), 2);
    let wrong = RequestTo::<Value>::new(Method::POST, "/api/models", RetryClass::Read);
    assert!(api.request_pages(wrong).all().await.unwrap_err().is_invalid_input());
}
