//! Uploads by Xet when the CAS, or the responses of it, misbehave.

use hub_commit::{CommitError, create_commit};
use serde_json::json;

use crate::cas::random;
use crate::faults::{Effect, Fault, Unreadable};
use crate::hub::{Hub, add, options};
use crate::xet::{hub, stored};

const RESULT: &str = "{\"type\":\"result\",\"result\":1}\n";

async fn upload(hub: &Hub) -> Result<(), CommitError> {
    create_commit(&hub.transport(), vec![add("w.bin", random(1, 600_000))], options()).await.map(drop)
}

fn is_whole(hub: &Hub) {
    assert!(stored(hub, "w.bin") == random(1, 600_000));
    assert_eq!(hub.commits(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nothing_is_sent() {
    for status in [403, 400] {
        let hub = hub().fault("xet-write-token", Fault::Refuse(status));
        let error = upload(&hub).await.unwrap_err();
        assert!(matches!(error, CommitError::XetToken(_)), "{error:?}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!((hub.count("/_xet/"), hub.count("batch"), hub.commits()), (0, 0, 1));
    }
    let elsewhere = json!({"casUrl": "ftp://x", "accessToken": "t", "exp": 1});
    for token in [json!({}), json!([]), elsewhere] {
        let hub = hub()
            .fault("xet-write-token", Fault::Say(token.clone()))
            .fault("xet-write-token", Fault::Say(token));
        assert!(matches!(upload(&hub).await, Err(CommitError::XetToken(_))));
        assert_eq!(hub.commits(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_xorb_or_shard_that_got_lost_is_sent_again() {
    for on in ["/xorbs/", "/shards"] {
        for fault in [
            Fault::Refuse(500),
            Fault::Refuse(503),
            Fault::Refuse(429),
            Fault::Busy(3),
            Fault::DoneThen(502),
            Fault::LostBefore,
            Fault::LostAfter,
            Fault::Cut,
        ] {
            let hub = hub().fault(on, fault.clone());
            upload(&hub).await.unwrap();
            is_whole(&hub);
            assert_eq!(hub.count(on), 2, "{on}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once() {
    for on in ["/xorbs/", "/shards"] {
        for status in [401, 403] {
            let hub = hub().fault(on, Fault::Refuse(status));
            upload(&hub).await.unwrap();
            is_whole(&hub);
            assert_eq!(hub.count("xet-write-token"), 2);
            let hub = crate::xet::hub().fault(on, Fault::Refuse(status)).fault(on, Fault::Refuse(status));
            let error = upload(&hub).await.unwrap_err();
            assert_eq!((error.status().map(|status| status.as_u16()), hub.commits()), (Some(status), 1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_on_the_way_up_is_sent_once_more() {
    for on in ["/xorbs/", "/shards"] {
        let hub = hub().fault(on, Fault::Refuse(400));
        upload(&hub).await.unwrap();
        is_whole(&hub);
        assert_eq!(hub.count(on), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_xorb_ends_the_job() {
    for (status, sent) in [(400, 2), (404, 1), (413, 1)] {
        let hub = hub().fault("/xorbs/", Fault::Refuse(status)).fault("/xorbs/", Fault::Refuse(status));
        let error = upload(&hub).await.unwrap_err();
        assert!(matches!(error, CommitError::XetContent { .. }), "{error:?}");
        assert!(!error.is_not_found() && error.to_string().contains("w.bin"), "{error}");
        assert_eq!((hub.count("/shards"), hub.count("/xorbs/"), hub.commits()), (0, sent, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_cannot_be_read_is_asked_for_again_and_then_an_error() {
    for kind in [
        Unreadable::Page,
        Unreadable::Empty,
        Unreadable::NoContent,
        Unreadable::Truncated,
        Unreadable::WithoutField,
    ] {
        let unreadable = |effect| Fault::Unreadable(kind, effect);
        let hub = hub().fault("/xorbs/", unreadable(Effect::Done));
        upload(&hub).await.unwrap();
        is_whole(&hub);
        let hub = crate::xet::hub()
            .fault("/xorbs/", unreadable(Effect::Nothing))
            .fault("/xorbs/", unreadable(Effect::Nothing));
        let error = upload(&hub).await.unwrap_err();
        assert!(matches!(error, CommitError::XetContent { .. }), "{kind:?}: {error:?}");
        assert_eq!((hub.count("/shards"), hub.commits()), (0, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_about_files_is_read_whatever_stands_in_it() {
    let good = [
        format!("\n{{\"type\":\"later\",\"x\":[1]}}\r\n{RESULT}"),
        RESULT.trim_end().to_owned(),
        "{\"type\":\"result\"}\n".to_owned(),
        format!("{RESULT}<html>"),
        format!("{{\"type\":\"validating\",\"verified\":1,\"total\":9}}\n{RESULT}"),
    ];
    for text in good {
        let hub = hub().fault("/shards", Fault::DoneText(text));
        upload(&hub).await.unwrap();
        is_whole(&hub);
        assert_eq!(hub.count("/shards"), 1);
    }
    let bad = [
        "<html>\n",
        "[]\n",
        "{\"result\":1}\n",
        "{\"type\":7}\n",
        "{\"type\":\"validating\",\"verified\":\"x\"}\n",
    ];
    for text in bad.map(str::to_owned).into_iter().chain([" ".repeat(2_000_000)]) {
        let hub = hub().fault("/shards", Fault::Text(text.clone()));
        let error = upload(&hub).await.unwrap_err();
        assert!(matches!(error, CommitError::XetFiles(_)), "{error:?}");
        assert_eq!((hub.count("/shards"), hub.commits()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_do_another_time_is_tried_five_times() {
    let busy = "{\"type\":\"error\",\"message\":\"busy\",\"retryable\":true}\n";
    let broken_off = ["", "{\"type\":\"committing\"}\n", busy];
    for text in broken_off {
        for (times, works) in [(1, true), (4, true), (5, false)] {
            let mut hub = hub();
            for _ in 0..times {
                hub = hub.fault("/shards", Fault::Text(text.into()));
            }
            let result = upload(&hub).await;
            assert_eq!(result.is_ok(), works, "{text:?} {times}: {result:?}");
            assert_eq!(
                (hub.count("/shards"), hub.commits()),
                (if works { times + 1 } else { 5 }, 1 + usize::from(works))
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_comes_to_an_end_is_left() {
    for line in ["{\"type\":\"validating\",\"verified\":1,\"total\":2}\n", "\n", "x"] {
        let hub = hub().fault("/shards", Fault::Endless(line.repeat(1000)));
        let error = upload(&hub).await.unwrap_err();
        assert!(matches!(error, CommitError::XetFiles(_)), "{error:?}");
        assert_eq!((hub.count("/shards"), hub.commits()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_version_of_shards_does() {
    for status in [404, 501] {
        let hub = hub().with(|repo| repo.cas.as_mut().unwrap().v1_only = Some(status));
        upload(&hub).await.unwrap();
        is_whole(&hub);
        assert_eq!((hub.count("/v2/shards"), hub.count("/v1/shards")), (1, 1));
    }
}
