//! Redirects over real TCP: who gets the request, who gets the token, and who never sees either.

use bytes::Bytes;
use futures_util::stream;
use http::{Method, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hub_auth::Token;
use hub_transport::{Body, ErrorKind, RedirectMode, RetryClass, Transport, UseToken, get, head, post, put};

use crate::support::{Ask, HUB, TOKEN, call, over, quick};
use crate::wire::{Act, Server, ok, response};
use hub_transport::testing::{Script, reply};

fn to(status: &str, location: &str) -> Vec<Act> {
    vec![Act::Request, response(status, &format!("location: {location}\r\n"), "moved")]
}

#[tokio::test]
async fn f46_the_token_stays_with_the_endpoint_when_a_read_goes_elsewhere() {
    for location in [
        "http://127.0.0.1:PORT/y",
        "//127.0.0.1:PORT/y",
        "http://user:pw@127.0.0.1:PORT/y",
        "http://HUB@127.0.0.1:PORT/y",
        "http://localhost:PORT/y",
    ] {
        let other = Server::start(vec![ok()]).await;
        let location = location.replace("PORT", &other.port().to_string());
        let hub = Server::start(vec![to("302 Found", &location)]).await;
        let transport = quick(&hub.url()).header("x-gateway-key", "private").build().unwrap();
        let request = get("/x")
            .header("cookie", "a=b")
            .header("x-api-token", "c")
            .header("accept", "d")
            .finish()
            .unwrap();
        let response = transport.open(call(RetryClass::Read), request).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "fine");
        let first = hub.seen().concat();
        assert!(first.contains(TOKEN) && first.contains("private") && first.contains("a=b"), "{first}");
        let second = other.seen().concat().to_ascii_lowercase();
        assert!(second.contains("accept: d") && second.contains("user-agent: "), "{second}");
        for secret in ["authorization", "cookie", "x-api-token", "private", "pw@"] {
            assert!(!second.contains(secret), "{location}: {second}");
        }
    }
}

#[tokio::test]
async fn f46_the_token_stays_off_when_a_chain_comes_back() {
    let script = Script::new([
        reply(302).header("location", "https://cdn.test/1"),
        reply(302).header("location", "https://hub.test/2"),
        reply(302).header("location", "/3"),
        reply(200),
    ]);
    over(&script).send(&Ask::get("/0")).await.unwrap();
    let tokens: Vec<_> =
        script.requests().iter().map(|request| (request.uri.to_string(), request.has_token())).collect();
    let expected = [
        ("https://hub.test/0", true),
        ("https://cdn.test/1", false),
        ("https://hub.test/2", false),
        ("https://hub.test/3", false),
    ];
    assert_eq!(tokens, expected.map(|(uri, token)| (uri.to_owned(), token)));
}

#[tokio::test]
async fn f46_another_port_scheme_or_host_is_another_origin() {
    for other in [
        "https://hub.test:8443/y",
        "https://sub.hub.test/y",
        "https://hub.test.evil/y",
        "https://hub.test@evil.test/y",
        "//evil.test/y",
        r"/\evil.test/y",
    ] {
        let script = Script::new([reply(307).header("location", other), reply(200)]);
        over(&script).send(&Ask::get("/x")).await.unwrap();
        let seen: Vec<_> =
            script.requests().iter().map(hub_transport::testing::Recorded::has_token).collect();
        assert_eq!(seen, [true, false], "{other}");
    }
}

#[tokio::test]
async fn f46_the_token_of_one_request_is_bound_to_the_origin_too() {
    let script = Script::new([reply(307).header("location", "https://cdn.test/y"), reply(200)]);
    let hub = Transport::builder("https://hub.test").inner_service(script.clone()).build().unwrap();
    let own = UseToken(Token::new("hf_own").unwrap());
    hub.open(call(RetryClass::Read), get("/x").extension(own).finish().unwrap()).await.unwrap();
    let seen: Vec<_> = script.requests().iter().map(hub_transport::testing::Recorded::has_token).collect();
    assert_eq!(seen, [true, false]);
}

#[tokio::test]
async fn f46_a_call_that_changes_something_is_never_taken_to_another_origin() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let other = Server::start(vec![ok()]).await;
        let hub = Server::start(vec![to("307 X", &format!("{}/y", other.url()))]).await;
        let ask = Ask::new(method.clone(), "/x", RetryClass::Read);
        let error = quick(&hub.url()).build().unwrap().send(&ask).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Redirect, Some(StatusCode::TEMPORARY_REDIRECT)),
            "{method}"
        );
        assert_eq!(other.connections(), 0, "{method}");
    }
}

#[tokio::test]
async fn f46_a_signed_upload_follows_its_storage_to_another_region_with_its_body() {
    let script = Script::new([reply(307).header("location", "https://eu.store.test/y?sig=2"), reply(200)]);
    let request = put("https://store.test/y?sig=1").body(Body::bytes("part")).finish().unwrap();
    over(&script).open(call(RetryClass::Read), request).await.unwrap();
    let seen: Vec<_> =
        script.requests().iter().map(|r| (r.uri.to_string(), r.body.clone(), r.has_token())).collect();
    assert_eq!(seen[1], ("https://eu.store.test/y?sig=2".to_owned(), Bytes::from("part"), false));
}

#[tokio::test]
async fn f47_a_step_down_to_http_is_refused() {
    for location in ["http://hub.test/y", "http://cdn.test/y", "file:///etc/passwd", "ftp://hub.test/y"] {
        let script = Script::new([reply(302).header("location", location)]);
        let error = over(&script).send(&Ask::get("/x")).await.unwrap_err();
        assert_eq!((error.kind(), script.requests().len()), (ErrorKind::Redirect, 1), "{location}");
    }
}

#[tokio::test]
async fn f48_a_renamed_repository_gets_the_same_call_with_its_body_and_token() {
    for status in ["307 Temporary Redirect", "308 Permanent Redirect"] {
        let hub = Server::start(vec![vec![
            Act::Request,
            response(status, "location: /new\r\n", ""),
            Act::Request,
            response("200 OK", "", "fine"),
        ]])
        .await;
        let text =
            quick(&hub.url()).build().unwrap().send(&Ask::post("/old", RetryClass::Append)).await.unwrap();
        assert_eq!(text, "fine");
        let seen = hub.seen().concat();
        assert_eq!(seen.matches("payload").count(), 2);
        assert_eq!(seen.matches(TOKEN).count(), 2);
        assert!(seen.contains("POST /new HTTP/1.1"), "{seen}");
    }
}

#[tokio::test]
async fn f48_a_post_is_never_turned_into_a_get() {
    for status in ["301 X", "302 X", "303 X"] {
        let hub = Server::start(vec![to(status, "/y")]).await;
        let error =
            quick(&hub.url()).build().unwrap().send(&Ask::post("/x", RetryClass::Read)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Redirect);
        assert!(error.to_string().contains("unexpected redirect"), "{error}");
        assert_eq!(hub.requests(), 1);
    }
}

#[tokio::test]
async fn f48_a_body_that_exists_once_is_not_sent_to_a_second_place() {
    let script = Script::new([reply(307).header("location", "/y")]);
    let chunk = Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from("once")));
    let request = post("/x").body(Body::once(StreamBody::new(stream::iter([chunk])))).finish().unwrap();
    let error = over(&script).open(call(RetryClass::Read), request).await.unwrap_err();
    assert_eq!((error.kind(), script.requests().len()), (ErrorKind::Redirect, 1));
    assert!(error.to_string().contains("only once"), "{error}");
}

#[tokio::test]
async fn f45_a_circle_ends_after_ten_redirects() {
    let script = Script::always(reply(302).header("location", "/x"));
    let error = over(&script).send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!((error.kind(), script.requests().len()), (ErrorKind::Redirect, 11));
    let ten: Vec<_> = (0..10).map(|_| reply(302).header("location", "/x")).chain([reply(200)]).collect();
    over(&Script::new(ten)).send(&Ask::get("/x")).await.unwrap();
}

#[tokio::test]
async fn f49_a_location_that_is_missing_or_no_url_is_an_error() {
    for step in
        [reply(302), reply(302).header("location", "https://[::1"), reply(302).header("location", "https://")]
    {
        let script = Script::new([step]);
        let error = over(&script).send(&Ask::get("/x")).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Redirect, Some(StatusCode::FOUND)));
    }
}

#[tokio::test]
async fn the_metadata_mode_follows_relative_steps_and_returns_the_first_other_one() {
    let script = Script::new([
        reply(307).header("location", "/renamed"),
        reply(302).header("location", "https://cdn.test/blob?Signature=s").header("x-linked-etag", "\"e\""),
    ]);
    let request = head("/file").extension(RedirectMode::Relative).finish().unwrap();
    let response = over(&script).open(call(RetryClass::Read), request).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.headers()["x-linked-etag"].to_str().unwrap()),
        (302, "\"e\"")
    );
    let uri = &response.extensions().get::<hub_transport::EffectiveUri>().unwrap().0;
    assert_eq!(uri.to_string(), format!("{HUB}/renamed"));
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn without_following_a_redirect_is_the_response() {
    let script = Script::new([reply(302).header("location", "/y")]);
    let request = get("/x").extension(RedirectMode::Never).finish().unwrap();
    assert_eq!(over(&script).open(call(RetryClass::Read), request).await.unwrap().status(), 302);
}

#[tokio::test]
async fn options_of_the_request_survive_a_redirect_to_another_origin() {
    // The class decides after the hop: a read is sent again there.
    let script = Script::new([reply(302).header("location", "https://cdn.test/y"), reply(503), reply(200)]);
    let retries = quick(HUB).inner_service(script.clone()).build().unwrap();
    retries.send(&Ask::get("/x")).await.unwrap();
    let lines: Vec<_> = script.requests().iter().map(|request| request.uri.to_string()).collect();
    assert_eq!(
        lines,
        ["https://hub.test/x", "https://cdn.test/y", "https://cdn.test/y"],
        "the first hop is not repeated"
    );
}
