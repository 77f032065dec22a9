//! Sources that need no server, and several in a row.

use std::sync::Arc;

use hub_auth::{
    Anonymous, AuthError, Cached, Chain, EnvToken, GrantFuture, Token, TokenFile, TokenOrigin, TokenRequest,
    TokenSource,
};

use crate::plain::{granted, revealed};
use crate::sandbox::Sandbox;

#[derive(Debug)]
struct Broken;

impl TokenSource for Broken {
    fn token(&self, _: TokenRequest) -> GrantFuture<'_> {
        Box::pin(async { Err(AuthError::NoHome) })
    }
}

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

#[test]
fn a_chain_gives_the_first_token() {
    assert_eq!(revealed(&Chain::new()), None);
    assert_eq!(revealed(&Chain::new().then(Anonymous)), None);
    let chain = Chain::new().then(Anonymous).then(token("a")).then(token("b"));
    assert_eq!(revealed(&chain), Some("a".into()));
}

#[test]
fn a_broken_source_ends_the_search_but_only_when_it_is_reached() {
    assert!(granted(&Chain::new().then(Broken).then(token("a"))).is_err());
    assert_eq!(revealed(&Chain::new().then(token("a")).then(Broken)), Some("a".into()));
}

#[test]
fn a_shared_source_is_a_source_and_keeps_its_nature() {
    let shared: Arc<dyn TokenSource> = Arc::new(token("a"));
    assert_eq!(revealed(&shared), Some("a".into()));
    assert!(shared.is_fixed() && shared.is_per_attempt());
    assert!(Chain::new().then(token("a")).is_fixed());
    let chain = Chain::new().then(token("a")).then(Broken);
    assert!(!chain.is_fixed() && chain.is_per_attempt());
    assert!(!Cached::around(Arc::new(Broken)).is_fixed());
}

#[test]
fn a_file_is_read_each_time_and_may_be_missing() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("secret");
    let file = TokenFile::new(&path);
    assert_eq!(revealed(&file), None);
    sandbox.write("secret", "one\n");
    let grant = granted(&file).unwrap();
    assert_eq!(grant.token().unwrap().source(), &TokenOrigin::File(path.clone()));
    sandbox.write("secret", "two");
    assert_eq!(revealed(&file), Some("two".into()));
    sandbox.write("secret", "not a token");
    let error = granted(&file).unwrap_err().to_string();
    assert!(error.contains("secret") && !error.contains("not a token"), "{error}");
}

#[test]
fn the_environment_is_read_when_the_source_is_made() {
    let variables = |name: &str| (name == "HF_TOKEN").then(|| "hf_env".into());
    let source = EnvToken::from_lookup(variables);
    let grant = granted(&source).unwrap();
    assert_eq!(grant.token().unwrap().reveal(), "hf_env");
    assert_eq!(grant.to_string(), "the environment variable HF_TOKEN");
    assert_eq!(revealed(&EnvToken::from_lookup(|_| None)), None);
    assert!(granted(&EnvToken::from_lookup(|_| Some("a b".into()))).is_err());
}

#[test]
fn no_printable_form_of_a_source_or_grant_holds_the_token() {
    let canary = "hf_CANARYcanary0123456789";
    let grant = granted(&token(canary)).unwrap();
    let asked = crate::plain::request().after_refusal(token(canary));
    let cached = Cached::new(Arc::new(token(canary)));
    let env = EnvToken::from_lookup(|_| Some(canary.into()));
    let printed =
        format!("{grant} {grant:?} {asked:?} {cached:?} {env:?} {:#?}", Chain::new().then(token(canary)));
    assert!(!printed.contains("CANARY") && !printed.contains("23456789"), "{printed}");
}
