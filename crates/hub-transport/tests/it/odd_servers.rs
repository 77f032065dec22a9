//! Servers that say more than they were asked for (F93): no response is ever taken for that of another request.

use std::time::Duration;

use hub_transport::{ErrorKind, RetryClass, RetryConfig, Timeouts};

use crate::support::{Ask, quick};
use crate::wire::{Act, Server, ok, response, write};

const HINT: &str = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";

#[tokio::test]
async fn f93_informational_responses_before_the_response_are_passed_over() {
    for hints in [1, 1000] {
        let text = HINT.repeat(hints) + "HTTP/1.1 100 Continue\r\n\r\n";
        let server =
            Server::start(vec![vec![Act::Request, write(text), response("200 OK", "", "fine")]]).await;
        let hub = quick(&server.url()).build().unwrap();
        assert_eq!(hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap(), "fine", "{hints}");
    }
}

#[tokio::test]
async fn f93_a_flood_of_informational_responses_is_given_up_like_no_response() {
    let server = Server::start(vec![vec![Act::Request, Act::Flood(HINT.repeat(100).into_bytes())]]).await;
    let hub = quick(&server.url()).timeouts(Timeouts::new().head(Duration::from_millis(100)));
    let hub = hub.retry(RetryConfig::none()).build().unwrap();
    let error = hub.send(&Ask::get("/x")).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Protocol), "{error}");
    assert!(error.maybe_processed());
}

#[tokio::test]
async fn f93_a_connection_that_the_server_closes_is_not_used_again() {
    let closing = vec![Act::Request, response("200 OK", "connection: close\r\n", "one")];
    let server = Server::start(vec![closing, vec![Act::Request, response("200 OK", "", "two")]]).await;
    let hub = quick(&server.url()).build().unwrap();
    assert_eq!(hub.send(&Ask::get("/x")).await.unwrap(), "one");
    assert_eq!(hub.send(&Ask::get("/x")).await.unwrap(), "two");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn f93_what_follows_a_response_is_never_the_response_to_the_next_request() {
    let evil = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    for more in ["x", "\r\n\r\nx", evil] {
        for class in [RetryClass::Read, RetryClass::Append] {
            let one =
                vec![Act::Request, write(format!("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine{more}"))];
            let server = Server::start(vec![one, ok(), ok()]).await;
            let hub = quick(&server.url()).build().unwrap();
            assert_eq!(hub.send(&Ask::get("/x")).await.unwrap(), "fine");
            match hub.send(&Ask::post("/y", class)).await {
                Ok(text) => assert_eq!(text, "fine", "{more:?} {class:?}"),
                Err(error) => assert!(class == RetryClass::Append && error.maybe_processed(), "{error}"),
            }
        }
    }
}
