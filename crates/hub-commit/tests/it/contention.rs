//! Commits that are in each other's way, and how long that may last.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use hub_commit::{CommitError, create_commit};
use hub_transport::{RetryConfig, Transport};
use tower::ServiceExt;

use crate::faults::Fault;
use crate::hub::{ENDPOINT, Hub, Repo, add, options};

const COMMIT: &str = "/commit/main";

/// A client that needs so long for every commit that it sends.
fn slow(hub: &Hub, sending: Duration) -> Transport {
    let hub = hub.clone();
    let inner_service = tower::service_fn(move |request: http::Request<hub_transport::Body>| {
        let (hub, slow) = (hub.clone(), request.uri().path().contains(COMMIT));
        async move {
            if slow {
                tokio::time::sleep(sending).await;
            }
            hub.oneshot(request).await
        }
    });
    Transport::builder(ENDPOINT).inner_service(inner_service).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_time_that_a_commit_needs_to_be_sent_is_no_contention() {
    let hub = Hub::new().fault(COMMIT, Fault::First(Repo::other_commit));
    let longest = Duration::from_secs(20);
    let transport = slow(&hub, longest + Duration::from_secs(1));
    let options = options().contention_timeout(longest);
    create_commit(&transport, vec![add("a.txt", "hello")], options).await.unwrap();
    assert_eq!((hub.commits(), hub.count(COMMIT)), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_nobody_polls_holds_the_next_one_up_for_as_long_as_others_may_and_no_longer() {
    let hub = Hub::new();
    let transport = hub.transport();
    let names = ["one.txt", "two.txt", "three.txt"];
    let commit = |name: &'static str| create_commit(&transport, vec![add(name, "hello")], options());
    let mut commits = std::pin::pin!(stream::iter(names).map(commit).buffered(2));
    let mut made = 0;
    while let Some(done) = commits.next().await {
        done.unwrap();
        // Meanwhile the second of the stream has its turn, and nobody asks it to go on.
        create_commit(&transport, vec![add(&format!("{made}.txt"), "hello")], options()).await.unwrap();
        made += 1;
    }
    assert_eq!((made, hub.commits()), (3, 7));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_on_a_branch_that_has_not_moved_keeps_the_reason_of_the_server() {
    for demanded in [false, true] {
        let hub = (0..100).fold(Hub::new(), |hub, _| hub.fault(COMMIT, Fault::Refuse(409)));
        let parent = demanded.then(|| hub.repo().head().id.parse().unwrap());
        let error =
            create_commit(&hub.transport(), vec![add("a.txt", "hello")], options().parent_commit(parent))
                .await
                .unwrap_err();
        assert!(matches!(error, CommitError::Commit(_)), "{error}");
        assert_eq!((error.status().unwrap().as_u16(), hub.commits(), hub.count(COMMIT)), (409, 1, 5));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_may_ask_a_commit_to_wait_for_as_long_as_the_client_says() {
    let longest = Duration::from_secs(10);
    for (asked, makes_it) in [(5, true), (60, false)] {
        let hub = Hub::new().fault(COMMIT, Fault::Busy(asked));
        let retry = RetryConfig::new().longest_server_wait(longest);
        let transport = Transport::builder(ENDPOINT).inner_service(hub.clone()).retry(retry).build().unwrap();
        let begun = tokio::time::Instant::now();
        let outcome = create_commit(&transport, vec![add("a.txt", "hello")], options()).await;
        assert_eq!(outcome.is_ok(), makes_it, "{outcome:?}");
        assert!(begun.elapsed() < longest, "{:?}", begun.elapsed());
    }
}
