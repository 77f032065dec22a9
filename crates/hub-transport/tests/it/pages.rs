//! Listings: the end, the order, bad links, and when pages are asked for.

use futures_util::{StreamExt, TryStreamExt};
use http::Request;
use hub_transport::testing::{Script, Step, reply};
use hub_transport::{Body, Error, ErrorKind, OneAttempt, PagedEndpoint, Transport, get};
use serde_json::json;

use crate::support::{HUB, TOKEN, over, quick};
use crate::wire::{Act, Server, response};

struct Numbers;

impl PagedEndpoint for Numbers {
    const NAME: &'static str = "list_numbers";
    type Item = u32;

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get("/numbers").query("limit", 2).header("x-a", "b").finish()
    }
}

fn page(items: &serde_json::Value, next: Option<&str>) -> Step {
    let page = reply(200).json(items);
    match next {
        Some(next) => page.header("link", &format!("<{next}>; rel=\"next\"")),
        None => page,
    }
}

fn lines(script: &Script) -> Vec<String> {
    script.requests().iter().map(hub_transport::testing::Recorded::line).collect()
}

#[tokio::test]
async fn a_stream_goes_through_all_pages_also_empty_ones() {
    let script = Script::new([
        page(&json!([1, 2]), Some("https://hub.test/numbers?cursor=a")),
        page(&json!([]), Some("/numbers?cursor=b")),
        page(&json!([3]), None),
    ]);
    let all: Vec<u32> = over(&script).stream(Numbers, None).try_collect().await.unwrap();
    assert_eq!(all, [1, 2, 3]);
    assert_eq!(lines(&script), ["GET /numbers?limit=2", "GET /numbers?cursor=a", "GET /numbers?cursor=b"]);
    assert!(
        script.requests().iter().all(|request| request.has_token() && request.header("x-a") == Some("b"))
    );
}

#[tokio::test]
async fn the_second_page_is_not_asked_for_before_it_is_needed() {
    let script = Script::new([page(&json!([1, 2]), Some("/numbers?cursor=a")), page(&json!([3]), None)]);
    let mut numbers = Box::pin(over(&script).stream(Numbers, None));
    numbers.next().await.unwrap().unwrap();
    numbers.next().await.unwrap().unwrap();
    assert_eq!(script.requests().len(), 1);
    assert_eq!(numbers.next().await.unwrap().unwrap(), 3);
}

#[tokio::test]
async fn from_the_third_page_on_pages_are_asked_for_ahead() {
    let script = Script::new([
        page(&json!([1]), Some("/numbers?cursor=a")),
        page(&json!([2]), Some("/numbers?cursor=b")),
        page(&json!([3]), None),
    ]);
    let mut numbers = Box::pin(over(&script).stream(Numbers, None));
    numbers.next().await.unwrap().unwrap();
    numbers.next().await.unwrap().unwrap();
    assert_eq!(script.requests().len(), 3);
}

struct Even(Option<usize>);

impl PagedEndpoint for Even {
    const NAME: &'static str = "list_numbers";
    type Item = u32;

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get("/numbers").opt("limit", self.0).finish()
    }

    fn set_limit(&mut self, limit: usize) {
        self.0 = Some(limit);
    }

    fn keep(&self, item: &u32) -> bool {
        item.is_multiple_of(2)
    }
}

#[tokio::test]
async fn entries_that_are_not_kept_count_towards_the_limit_that_the_endpoint_learns() {
    let script =
        Script::new([page(&json!([1, 2]), Some("/numbers?cursor=a")), page(&json!([3, 4, 6]), None)]);
    let even: Vec<u32> = over(&script).stream(Even(None), Some(4)).try_collect().await.unwrap();
    assert_eq!(even, [2, 4]);
    assert_eq!(lines(&script), ["GET /numbers?limit=4", "GET /numbers?cursor=a"]);
}

#[tokio::test]
async fn a_limit_ends_the_stream_and_the_requests() {
    let script = Script::new([
        page(&json!([1, 2]), Some("/numbers?cursor=a")),
        page(&json!([3, 4]), Some("/numbers?cursor=b")),
    ]);
    let some: Vec<u32> = over(&script).stream(Numbers, Some(3)).try_collect().await.unwrap();
    assert_eq!((some, script.requests().len()), (vec![1, 2, 3], 2));
    let script = Script::new([]);
    assert!(over(&script).stream(Numbers, Some(0)).next().await.is_none());
}

#[tokio::test]
async fn an_entry_that_does_not_fit_is_one_error_and_the_stream_goes_on() {
    let script = Script::new([
        page(&json!([1, {"id": "odd"}, 3]), Some("/numbers?cursor=a")),
        page(&json!(["x", 5]), None),
    ]);
    let all: Vec<_> = over(&script)
        .stream(Numbers, None)
        .map(|item| item.map_err(|error| error.to_string()))
        .collect()
        .await;
    assert_eq!(all.iter().filter_map(|item| item.as_ref().ok()).collect::<Vec<_>>(), [&1, &3, &5]);
    let errors: Vec<_> = all.iter().filter_map(|item| item.as_ref().err()).collect();
    assert!(errors[0].contains("entry 1 (\"odd\")") && errors[1].contains("entry 3 "), "{errors:?}");
}

#[tokio::test]
async fn f50_a_link_to_another_origin_is_an_error_after_the_entries_and_sees_no_token() {
    let other = Server::start(vec![vec![Act::Request, response("200 OK", "", "[9]")]]).await;
    for next in [
        format!("{}/numbers", other.url()),
        format!("//127.0.0.1:{}/numbers", other.port()),
        format!("http://u:p@127.0.0.1:{}/", other.port()),
    ] {
        let link = format!("content-type: application/json\r\nlink: <{next}>; rel=\"next\"\r\n");
        let hub = Server::start(vec![vec![Act::Request, response("200 OK", &link, "[1,2]")]]).await;
        let all: Vec<_> = quick(&hub.url()).build().unwrap().stream(Numbers, None).collect().await;
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(all[0].is_ok() && all[1].is_ok());
        assert_eq!(all[2].as_ref().unwrap_err().kind(), ErrorKind::Redirect);
        assert!(hub.seen().concat().contains(TOKEN));
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn f50_a_broken_link_is_an_error_and_not_the_end() {
    for link in ["<https://hub.test/numbers; rel=next", "nonsense", "<https://[::1>; rel=next"] {
        let script = Script::new([reply(200).json(&[1]).header("link", link)]);
        let all: Vec<_> = over(&script).stream(Numbers, None).collect().await;
        assert!(all[0].is_ok());
        let error = all[1].as_ref().unwrap_err();
        assert!(error.to_string().starts_with("list_numbers: the link to the next page "), "{error}");
    }
}

#[tokio::test]
async fn f50_pages_that_link_in_a_circle_end_with_an_error() {
    let script = Script::new([
        page(&json!([1]), Some("/numbers?cursor=a")),
        page(&json!([2]), Some("/numbers?cursor=b")),
        page(&json!([3]), Some("/numbers?cursor=a")),
    ]);
    let all: Vec<_> = over(&script).stream(Numbers, None).collect().await;
    assert_eq!((all.len(), all[3].as_ref().unwrap_err().kind()), (4, ErrorKind::Redirect));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_for_a_moment_is_asked_for_again() {
    let script = Script::new([
        page(&json!([1]), Some("/numbers?cursor=a")),
        reply(502),
        reply(200).text("[").broken(),
        page(&json!([2]), None),
    ]);
    let all: Vec<u32> = over(&script).stream(Numbers, None).try_collect().await.unwrap();
    assert_eq!(all, [1, 2]);
}

#[tokio::test]
async fn an_error_of_a_page_is_typed_like_any_other() {
    let script = Script::new([reply(401)]);
    let all: Vec<_> = over(&script).stream(Numbers, None).collect().await;
    assert_eq!((all.len(), all[0].as_ref().unwrap_err().kind()), (1, ErrorKind::Unauthorized));
}

#[tokio::test]
async fn one_page_says_where_the_next_is_and_how_many_there_are() {
    let script = Script::new([
        page(&json!([1]), Some("/numbers?cursor=a")).header("x-total-count", "7"),
        page(&json!([2]), None),
    ]);
    let hub = over(&script);
    let first = hub.page(&Numbers, None).await.unwrap();
    assert_eq!((first.items.len(), first.total), (1, Some(7)));
    let second = hub.page(&Numbers, first.next.as_ref()).await.unwrap();
    assert_eq!((second.items.len(), second.next, second.total), (1, None, None));
}

#[tokio::test]
async fn a_listing_that_a_mirror_sends_to_the_public_hub_goes_on_there_without_the_token() {
    let script = Script::new([
        reply(302).header("location", "https://huggingface.co/numbers?limit=2"),
        page(&json!([1]), Some("https://huggingface.co/numbers?cursor=a")),
        page(&json!([2]), None),
    ]);
    let all: Vec<u32> = over(&script).stream(Numbers, None).try_collect().await.unwrap();
    assert_eq!(all, [1, 2]);
    let seen: Vec<_> =
        script.requests().iter().map(|seen| (seen.uri.to_string(), seen.has_token())).collect();
    let expected = [
        ("https://hub.test/numbers?limit=2", true),
        ("https://huggingface.co/numbers?limit=2", false),
        ("https://huggingface.co/numbers?cursor=a", false),
    ];
    assert_eq!(seen, expected.map(|(uri, token)| (uri.to_owned(), token)));
}

struct OneTry;

impl PagedEndpoint for OneTry {
    const NAME: &'static str = "list_numbers";
    type Item = u32;

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get("/numbers").extension(OneAttempt).finish()
    }
}

#[tokio::test]
async fn a_page_that_is_to_be_asked_for_once_is_asked_for_once() {
    let script = Script::new([reply(200).text("["), page(&json!([1]), None)]);
    let error = over(&script).page(&OneTry, None).await.unwrap_err();
    assert_eq!((error.kind(), script.requests().len()), (ErrorKind::Decode, 1));
}

#[tokio::test]
async fn a_page_that_cannot_be_read_is_asked_for_once_more_over_every_stack() {
    let script = Script::always(reply(200).text("["));
    for hub in [over(&script), Transport::from_service(script.clone(), HUB).unwrap()] {
        let error = hub.page(&Numbers, None).await.unwrap_err();
        assert_eq!((error.kind(), error.context().attempts), (ErrorKind::Decode, 2));
        assert!(hub.may_repeat());
    }
}
