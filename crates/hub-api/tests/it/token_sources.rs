//! Where the secrets go that tokens are asked for with.

use hub_api::{
    ErrorKind, HfApi, HfApiBuilder, IdToken, OAuthRefresh, OidcExchange, Token,
    transport::testing::{Script, reply},
};
use serde_json::json;

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
    set(HfApi::builder().endpoint(endpoint).leaf(script.clone())).build().unwrap()
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
            let api = source(set(HfApi::builder().endpoint(endpoint).leaf(script.clone()))).build().unwrap();
            assert_eq!(api.whoami().await.unwrap().name, "ada", "{endpoint}");
            assert!(script.requests()[1].has_token());
        }
    }
}
