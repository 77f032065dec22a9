//! Where the secrets go that tokens are asked for with.

use std::time::Duration;

use hub_api::{
    ErrorKind, HfApi, HfApiBuilder, IdToken, OAuthRefresh, OidcExchange, Token,
    transport::{
        Timeouts,
        testing::{Script, Step, reply},
    },
};
use serde_json::json;
use tokio::time::Instant;

type Set = fn(HfApiBuilder) -> HfApiBuilder;

fn secret() -> Token {
    Token::new("a-secret-of-the-caller").unwrap()
}

fn sources() -> [Set; 2] {
    [
        |api| api.token_source_over(|over| OAuthRefresh::new(over, "client", secret())),
        |api| api.token_source_over(|over| OidcExchange::new(over, "acme/model", IdToken::Given(secret()))),
    ]
}

fn granting() -> Script {
    let grant = json!({"access_token": "hf_access", "expires_in": 3600});
    Script::new([reply(200).json(&grant), reply(200).json(&json!({"type": "user", "name": "ada"}))])
}

fn over(script: &Script, endpoint: &str, set: Set) -> HfApi {
    set(HfApi::builder().endpoint(endpoint).inner_service(script.clone())).build().unwrap()
}

#[tokio::test]
async fn no_secret_goes_out_over_plain_http_to_another_machine() {
    for source in sources() {
        let script = granting();
        let error = over(&script, "http://hub.test", source).whoami().await.unwrap_err();
        assert_eq!((error.kind(), script.requests().len()), (Some(ErrorKind::Auth), 0));
        let said = error.to_string();
        assert!(said.contains("plain http") && said.contains("allow it with allow_http_token"), "{said}");
    }
}

#[tokio::test]
async fn a_secret_goes_to_this_machine_and_where_it_was_allowed() {
    for source in sources() {
        for (endpoint, set) in [
            ("http://127.0.0.1:8080", (|api| api) as Set),
            ("http://hub.test", |api| api.allow_http_token(true)),
            ("http://hub.test", HfApiBuilder::inner_is_private),
        ] {
            let script = granting();
            let api = source(set(HfApi::builder().endpoint(endpoint).inner_service(script.clone())))
                .build()
                .unwrap();
            assert_eq!(api.whoami().await.unwrap().name, "ada", "{endpoint}");
            assert!(script.requests()[1].has_token());
        }
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_used_is_said_to_be_of_the_server_that_gave_it() {
    for source in sources() {
        let script = Script::new([reply(200).json(&json!({"access_token": "two words"}))]);
        let error = over(&script, "https://hub.test", source).whoami().await.unwrap_err().to_string();
        assert!(
            !error.contains("the token argument") && error.contains("does not hold a usable token"),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_limits_of_the_client_hold_for_what_a_token_is_asked_with_too() {
    let limits = Timeouts::new().head(Duration::from_secs(80)).total(Duration::from_secs(100));
    let script = Script::always(Step::pending());
    let builder = HfApi::builder().endpoint("https://hub.test").inner_service(script).timeouts(limits);
    let [oauth, _] = sources();
    let begun = Instant::now();
    oauth(builder).build().unwrap().whoami().await.unwrap_err();
    assert_eq!(begun.elapsed().as_secs(), 80);
}
