//! A token is never shown and never leaves its Hub, whatever happens. Through all methods: the tests `secrets`.

use hub_tests::{client_of, hub};

const CANARY: &str = "hf_canaryCANARYcanary12345678";

#[tokio::test]
async fn an_unknown_token_is_refused_without_being_shown() {
    let hub = hub();
    let api = client_of(&hub).token(CANARY).build().unwrap();
    let error = api.whoami().await.unwrap_err();
    assert_eq!(error.kind(), Some(hub_api::ErrorKind::Unauthorized));
    let text = format!("{error} {error:?}");
    assert!(!text.contains("CANARY") && !text.contains("12345678"), "{text}");
}
