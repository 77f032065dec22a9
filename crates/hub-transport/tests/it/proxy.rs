//! Proxies over real TCP.

use std::sync::Arc;

use hub_transport::{ErrorKind, Proxies, RetryClass, Transport};

use crate::stack::ToLoopback;
use crate::support::{Ask, TOKEN, quick};
use crate::wire::{Act, Server, ok, response, write};

fn through(endpoint: &str, proxy: &str) -> Transport {
    quick(endpoint).resolver(Arc::new(ToLoopback)).proxies(Proxies::all(proxy).unwrap()).build().unwrap()
}

#[tokio::test]
async fn a_plain_request_is_forwarded_whole_with_credentials_for_the_proxy() {
    let proxy = Server::start(vec![ok()]).await;
    let hub = through("http://hub.test", &format!("http://ada:secret@proxy.test:{}", proxy.port()));
    assert_eq!(hub.send(&Ask::get("/x")).await.unwrap(), "fine");
    let seen = proxy.seen().concat();
    assert!(seen.starts_with("GET http://hub.test/x HTTP/1.1\r\n"), "{seen}");
    assert!(seen.to_ascii_lowercase().contains("proxy-authorization: basic ywrhonnly3jlda=="), "{seen}");
    assert!(!seen.contains(TOKEN));
}

#[tokio::test]
async fn f06_a_proxy_that_asks_for_authentication_is_not_asked_again() {
    let refuse = vec![Act::Head, response("407 Proxy Authentication Required", "", "")];
    let proxy = Server::start(vec![refuse.clone(), refuse]).await;
    let hub = through("https://hub.test", &format!("http://proxy.test:{}", proxy.port()));
    let error = hub.send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.maybe_processed(), proxy.connections()),
        (ErrorKind::ProxyAuth, false, 1),
        "{error}"
    );
    let seen = proxy.seen().concat();
    assert!(seen.starts_with("CONNECT hub.test:443 HTTP/1.1\r\n") && !seen.contains(TOKEN), "{seen}");
}

#[tokio::test]
async fn f06_a_proxy_that_cannot_connect_is_asked_again_by_every_class() {
    let refuse = vec![Act::Head, response("502 Bad Gateway", "", "")];
    let proxy = Server::start(vec![refuse; 5]).await;
    let hub = through("https://hub.test", &format!("http://proxy.test:{}", proxy.port()));
    let error = hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.maybe_processed(), proxy.connections()),
        (ErrorKind::Proxy, false, 5),
        "{error}"
    );
}

#[tokio::test]
async fn a_socks_proxy_gets_the_name_and_carries_the_request() {
    let granted = Act::Write(vec![5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    // Greeting: version, one method, none. Request: version, connect, reserved, name of 8 bytes, port 80.
    let script = vec![
        Act::Read(3),
        Act::Write(vec![5, 0]),
        Act::Read(5 + 8 + 2),
        granted,
        Act::Request,
        response("200 OK", "", "fine"),
    ];
    let proxy = Server::start(vec![script]).await;
    let hub = through("http://hub.test", &format!("socks5://proxy.test:{}", proxy.port()));
    assert_eq!(hub.send(&Ask::get("/x")).await.unwrap(), "fine");
    let seen = proxy.seen().concat();
    assert!(seen.contains("hub.test\0P") && seen.contains("GET /x HTTP/1.1"), "{seen}");
}

#[tokio::test]
async fn a_socks_proxy_that_refuses_is_an_error_of_the_proxy() {
    let refuse = vec![Act::Read(3), write("\u{5}\u{7f}"), Act::Fin];
    let proxy = Server::start(vec![refuse; 5]).await;
    let hub = through("http://hub.test", &format!("socks5://proxy.test:{}", proxy.port()));
    let error = hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_processed()), (ErrorKind::Proxy, false), "{error}");
}

#[tokio::test]
async fn a_proxy_that_refuses_the_connection_is_called_a_proxy() {
    // A port on which nothing listens any more.
    let port = Server::start(vec![]).await.port();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_ne!(port, gone);
    for endpoint in ["https://hub.test", "http://hub.test"] {
        for scheme in ["http", "socks5"] {
            let hub = through(endpoint, &format!("{scheme}://ada:secret@proxy.test:{gone}"));
            let error = hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap_err();
            assert_eq!((error.kind(), error.maybe_processed()), (ErrorKind::Proxy, false), "{error}");
            let text = error.to_string();
            assert!(text.contains("the proxy cannot be used: proxy.test:"), "{text}");
            assert!(text.contains("refused the connection") && text.contains("HTTPS_PROXY"), "{text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_wrong_password_for_a_proxy_is_told_apart_from_a_missing_one() {
    let missing = "put user and password into the proxy URL";
    let wrong = "check user and password in the proxy URL";
    for (endpoint, act) in [("https://hub.test", Act::Head), ("http://hub.test", Act::Request)] {
        for (login, advice) in [("", missing), ("ada:secret@", wrong)] {
            let refuse = vec![act.clone(), response("407 Proxy Authentication Required", "", "")];
            let proxy = Server::start(vec![refuse.clone(), refuse]).await;
            let hub = through(endpoint, &format!("http://{login}proxy.test:{}", proxy.port()));
            let error = hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap_err();
            assert!(error.to_string().contains(advice), "{endpoint} {login}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
            assert_eq!((error.maybe_processed(), proxy.connections()), (false, 1), "{error}");
        }
    }
}

#[tokio::test]
async fn a_socks_proxy_says_which_login_it_wants() {
    // Version and "no method fits"; then version and "user and password", and the refusal of both.
    let none_fits = vec![Act::Read(3), Act::Write(vec![5, 0xff]), Act::Linger];
    let refused =
        vec![Act::Read(3), Act::Write(vec![5, 2]), Act::Read(3 + 3 + 6), Act::Write(vec![1, 1]), Act::Linger];
    for (login, script, advice) in [
        ("", none_fits.clone(), "put user and password into the proxy URL"),
        ("ada:secret@", refused, "check user and password in the proxy URL"),
    ] {
        let proxy = Server::start(vec![script]).await;
        let hub = through("http://hub.test", &format!("socks5://{login}proxy.test:{}", proxy.port()));
        let error = hub.send(&Ask::get("/x")).await.unwrap_err();
        assert!(error.to_string().contains(advice), "{login}: {error} {:?}", proxy.seen());
        assert_eq!(proxy.connections(), 1, "{error}");
    }
}
