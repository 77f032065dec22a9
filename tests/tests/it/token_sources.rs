//! Tokens that a server gives: OAuth logins that are renewed, and the identity of a CI job.

use std::{
    error::Error as _,
    fmt::Debug,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use hub_api::{
    ErrorKind, HfApi, IdToken, OAuthRefresh, OidcExchange, Token,
    transport::{
        Body, BoxError, Transport,
        testing::{Script, Step, reply},
    },
};
use serde_json::{Value, json};
use tokio::time::advance;

const ID: &str = "eyJcanaryID.eyJcanary.c2lnCANARY";
const RUNNER: &str = "ghsCANARYrunner0123456789";
const REFRESH: &str = "rtCANARYrefresh0123456789";
const ACCESS: &str = "hf_CANARYaccess0123456789";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

fn me() -> Step {
    reply(200).json(&json!({"type": "user", "name": "ada"}))
}

fn gives(access: &str, expires_in: impl Into<Value>) -> Step {
    reply(200).json(&json!({"access_token": access, "expires_in": expires_in.into(), "token_type": "bearer"}))
}

fn over(script: &Script, make: impl FnOnce(&Transport) -> Source + Send + 'static) -> HfApi {
    HfApi::builder()
        .endpoint("https://hub.test")
        .inner_service(script.clone())
        .token_source_over(make)
        .build()
        .unwrap()
}

/// Either of the two.
#[derive(Debug)]
enum Source {
    Oidc(OidcExchange),
    OAuth(OAuthRefresh),
}

impl hub_api::auth::TokenSource for Source {
    fn token(&self, request: hub_api::auth::TokenRequest) -> hub_api::auth::GrantFuture<'_> {
        match self {
            Self::Oidc(source) => source.token(request),
            Self::OAuth(source) => source.token(request),
        }
    }
}

fn oidc(transport: &Transport) -> Source {
    Source::Oidc(OidcExchange::new(transport, "acme/model", IdToken::Given(token(ID))))
}

fn oauth(transport: &Transport) -> Source {
    Source::OAuth(OAuthRefresh::new(transport, "client", token(REFRESH)))
}

fn lines(script: &Script) -> Vec<(String, bool)> {
    script.requests().iter().map(|seen| (seen.line(), seen.has_token())).collect()
}

fn body(script: &Script, number: usize) -> String {
    String::from_utf8(script.requests()[number].body.to_vec()).unwrap()
}

fn said(error: &hub_api::Error) -> String {
    let mut text = format!("{error}\n{error:?}\n");
    let mut next = error.source();
    while let Some(cause) = next {
        text += &format!("{cause}\n{cause:?}\n");
        next = cause.source();
    }
    assert!(!text.contains("CANARY") && !text.contains("23456789"), "{text}");
    text
}

#[tokio::test]
async fn a_job_on_github_gets_its_token_in_two_steps_and_keeps_it() {
    let script = Script::new([reply(200).json(&json!({"value": ID})), gives(ACCESS, 3600), me(), me()]);
    let variables = |name: &str| {
        let value = match name {
            "HF_OIDC_RESOURCE" => "acme/model",
            "GITHUB_ACTIONS" => "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL" => "https://ids.test/token?api-version=2",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN" => RUNNER,
            _ => return None,
        };
        Some(value.to_owned())
    };
    let api = over(&script, move |transport| {
        Source::Oidc(OidcExchange::from_lookup(transport, variables).unwrap())
    });
    assert_eq!(api.whoami().await.unwrap().name, "ada");
    assert_eq!(api.whoami().await.unwrap().name, "ada");
    let expected = [
        ("GET /token?api-version=2&audience=https%3A%2F%2Fhub.test", true),
        ("POST /oauth/token", false),
        ("GET /api/whoami-v2", true),
        ("GET /api/whoami-v2", true),
    ];
    assert_eq!(lines(&script), expected.map(|(line, sent)| (line.to_owned(), sent)));
    let sent: Value = serde_json::from_str(&body(&script, 1)).unwrap();
    let expected = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": ID,
        "resource": "acme/model",
    });
    assert_eq!(sent, expected);
}

#[test]
fn a_blocking_client_gets_such_a_token_too() {
    for make in [oidc, oauth] {
        let script = Script::new([gives(ACCESS, 3600), me()]);
        let builder = HfApi::builder().endpoint("https://hub.test").inner_service(script.clone());
        let api = builder.token_source_over(make).build_blocking().unwrap();
        assert_eq!(api.whoami().send().unwrap().name, "ada");
        assert!(lines(&script)[1].1);
    }
}

#[tokio::test]
async fn a_job_without_an_id_token_is_told_what_it_needs() {
    for (pairs, advice) in [
        (&[("HF_OIDC_RESOURCE", "a/b")][..], "set HF_OIDC_ID_TOKEN"),
        (&[("HF_OIDC_RESOURCE", "a/b"), ("GITHUB_ACTIONS", "true")], "id-token: write"),
        (&[("HF_OIDC_RESOURCE", "a/b"), ("HF_OIDC_ID_TOKEN", "a CANARY")], "HF_OIDC_ID_TOKEN does not hold"),
        (
            &[
                ("HF_OIDC_RESOURCE", "a/b"),
                ("GITHUB_ACTIONS", "true"),
                ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", RUNNER),
                ("ACTIONS_ID_TOKEN_REQUEST_URL", "http://ids.test/"),
            ],
            "not an https URL",
        ),
    ] {
        let script = Script::always(me());
        let lookup =
            |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let api = over(&script, move |transport| {
            Source::Oidc(OidcExchange::from_lookup(transport, lookup).unwrap())
        });
        let error = api.whoami().await.unwrap_err();
        assert_eq!(error.kind(), Some(ErrorKind::Auth));
        assert!(said(&error).contains(advice), "{error}");
        assert!(script.requests().is_empty());
    }
    let transport = Transport::builder("https://hub.test").inner_service(Script::new([])).build().unwrap();
    assert!(OidcExchange::from_lookup(&transport, |_| None).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_hostile_or_broken_response_is_an_error_and_nothing_is_sent_with_it() {
    for (make, sent) in [(oidc as fn(&Transport) -> Source, ID), (oauth, REFRESH)] {
        for (name, step) in wrong_responses(sent) {
            let script = Script::always(step);
            let api = over(&script, make);
            let error = api.whoami().await.unwrap_err();
            assert_eq!(error.kind(), Some(ErrorKind::Auth), "{name}: {error}");
            said(&error);
            let asked: Vec<_> = script.requests().iter().map(|seen| seen.uri.to_string()).collect();
            assert!(asked.iter().all(|uri| uri == "https://hub.test/oauth/token"), "{name}: {asked:?}");
            assert!(script.requests().iter().all(|seen| !seen.has_token()), "{name}");
        }
    }
}

/// What a server may say instead of a token, also by repeating what it was sent.
fn wrong_responses(sent: &str) -> Vec<(&'static str, Step)> {
    let echo = format!("{sent} {ACCESS}");
    vec![
        ("HTML", reply(200).header("content-type", "text/html").text(format!("<h1>{ACCESS}</h1>"))),
        ("empty", reply(200)),
        ("204", reply(204)),
        ("cut", reply(200).text(format!("{{\"access_token\": \"{ACCESS}"))),
        ("a list", reply(200).json(&json!([ACCESS]))),
        ("no token", reply(200).json(&json!({"token": ACCESS}))),
        ("null", reply(200).json(&json!({"access_token": null}))),
        ("a number", reply(200).json(&json!({"access_token": 17}))),
        ("an object", reply(200).json(&json!({"access_token": {"CANARY": ACCESS}}))),
        ("blank", gives(" \n", 3600)),
        ("two words", gives(&format!("{ACCESS} {ACCESS}"), 3600)),
        ("a header", gives(&format!("{ACCESS}\u{0}x"), 3600)),
        ("endless", gives(&"a".repeat(20_000), 3600)),
        ("huge", gives(&"a".repeat(400_000), 3600)),
        ("zero", gives(ACCESS, 0)),
        ("negative", gives(ACCESS, -3600)),
        ("hugely negative", gives(ACCESS, -1e300)),
        ("a word", gives(ACCESS, "CANARY")),
        ("not a number", gives(ACCESS, "NaN")),
        ("true", gives(ACCESS, true)),
        ("redirect", reply(302).header("location", "https://evil.test/?CANARY")),
        ("redirect 307", reply(307).header("location", "/login")),
        ("refused", reply(400).json(&json!({"error": "invalid_request", "error_description": echo}))),
        ("refused 401", reply(401).text(echo.clone())),
        ("failing", reply(500).header("x-error-message", &echo).text(echo.clone())),
        ("broken", reply(200).text(ACCESS).broken()),
        ("lost", Step::maybe_processed()),
        ("unreachable", Step::not_sent()),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_good_for_longer_than_anything_is_used() {
    for long in [json!(u64::MAX), json!(1e300), json!("1e30"), json!("3600"), json!(3600.5), Value::Null] {
        for make in [oidc, oauth] {
            let script = Script::new([gives(ACCESS, long.clone()), me()]);
            over(&script, make).whoami().await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_is_renewed_before_its_end_with_the_newest_refresh_token() {
    let first = json!({"access_token": "one", "expires_in": 3600, "refresh_token": "second"});
    let script = Script::new([reply(200).json(&first), me(), me(), gives("two", 3600), me()]);
    let kept = Arc::new(Mutex::new(Vec::<(String, Option<String>)>::new()));
    let keep = Arc::clone(&kept);
    let api = over(&script, move |transport| {
        Source::OAuth(OAuthRefresh::new(transport, "client", token(REFRESH)).on_renewed(
            move |access, refresh, _| {
                let refresh = refresh.map(|token| token.reveal().to_owned());
                keep.lock().unwrap().push((access.reveal().to_owned(), refresh));
            },
        ))
    });
    api.whoami().await.unwrap();
    advance(Duration::from_secs(46 * 60)).await;
    // Less than a quarter is left: this call goes on with the old one while a new one is asked for.
    api.whoami().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    api.whoami().await.unwrap();
    assert_eq!(script.remaining(), 0);
    let forms: Vec<_> = script.requests().iter().filter(|seen| seen.method == "POST").cloned().collect();
    let sent: Vec<_> = forms.iter().map(|seen| String::from_utf8(seen.body.to_vec()).unwrap()).collect();
    assert_eq!(
        sent,
        [
            format!("grant_type=refresh_token&refresh_token={REFRESH}&client_id=client"),
            "grant_type=refresh_token&refresh_token=second&client_id=client".to_owned(),
        ]
    );
    assert_eq!(forms[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    let expected = [("one".to_owned(), Some("second".to_owned())), ("two".to_owned(), None)];
    assert_eq!(*kept.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_access_token_at_hand_is_used_first_and_renewed_after_a_refusal() {
    let script = Script::new([me(), reply(401), gives("new", 3600), me()]);
    let api = over(&script, |transport| {
        let end = SystemTime::now() + 30 * DAY;
        let source = OAuthRefresh::new(transport, "client", token(REFRESH));
        Source::OAuth(source.access_token(token("old"), Some(end)))
    });
    api.whoami().await.unwrap();
    api.whoami().await.unwrap();
    let asked: Vec<_> = lines(&script).into_iter().map(|(line, _)| line).collect();
    let whoami = "GET /api/whoami-v2";
    assert_eq!(asked, [whoami, whoami, "POST /oauth/token", whoami]);
    // One that is over is not used at all.
    let script = Script::new([gives("new", 3600), me()]);
    let api = over(&script, |transport| {
        let source = OAuthRefresh::new(transport, "client", token(REFRESH));
        Source::OAuth(source.access_token(token("old"), Some(SystemTime::UNIX_EPOCH)))
    });
    api.whoami().await.unwrap();
    assert_eq!(script.remaining(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_is_good_for_nothing_is_not_tried_again() {
    let refused = reply(400).json(&json!({"error": "invalid_grant", "error_description": REFRESH}));
    let script = Script::new([refused]);
    let api = over(&script, oauth);
    for _ in 0..3 {
        let error = api.whoami().await.unwrap_err();
        assert!(said(&error).contains("log in again"), "{error}");
        advance(DAY).await;
    }
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_whose_response_is_lost_is_not_sent_a_second_time_by_itself() {
    let script = Script::new([Step::maybe_processed(), gives(ACCESS, 3600), me()]);
    let api = over(&script, oauth);
    said(&api.whoami().await.unwrap_err());
    assert_eq!(script.requests().len(), 1);
    // The next call that needs a token asks again.
    api.whoami().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_keeps_the_login_that_is_still_good() {
    let renewals = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&renewals);
    let inner_service = tower::service_fn(move |request: http::Request<Body>| {
        let first = request.uri().path() == "/oauth/token" && count.fetch_add(1, Ordering::SeqCst) == 0;
        let response = http::Response::builder().header("content-type", "application/json");
        let response = match request.uri().path() {
            "/oauth/token" if first => {
                response.body(Body::bytes(r#"{"access_token": "one", "expires_in": 3600}"#))
            }
            "/oauth/token" => {
                response.status(400).body(Body::bytes(r#"{"error": "temporarily_unavailable"}"#))
            }
            _ => response.body(Body::bytes(r#"{"type": "user", "name": "ada"}"#)),
        };
        std::future::ready(response.map_err(BoxError::from))
    });
    let api = HfApi::builder()
        .endpoint("https://hub.test")
        .inner_service(inner_service)
        .token_source_over(oauth)
        .build()
        .unwrap();
    for minute in 0..59 {
        api.whoami().await.unwrap();
        // Lets a renewal end that runs beside the call.
        tokio::time::sleep(Duration::from_secs(1)).await;
        advance(Duration::from_secs(59)).await;
        assert_eq!(renewals.load(Ordering::SeqCst) > 1, minute >= 45, "{minute}");
    }
    advance(Duration::from_secs(60)).await;
    assert_eq!(api.whoami().await.unwrap_err().kind(), Some(ErrorKind::Auth));
}

fn shows_nothing(value: &impl Debug) {
    let text = format!("{value:?} {value:#?}");
    assert!(!text.contains("CANARY"), "{text}");
}

#[test]
fn no_printable_form_of_a_source_holds_a_secret() {
    let transport = Transport::builder("https://hub.test").inner_service(Script::new([])).build().unwrap();
    shows_nothing(&oauth(&transport));
    shows_nothing(&oidc(&transport));
    shows_nothing(&IdToken::Given(token(ID)));
    shows_nothing(&IdToken::GitHub { url: "https://x.test/?sig=CANARY".to_owned(), token: token(RUNNER) });
}
