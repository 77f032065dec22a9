//! `ETag` and `If-None-Match`: what a client has is not sent again, and nothing else is taken for it.

use crate::support::{ADA, add_files, get, head, hub};

const CACHED: [&str; 5] = [
    "/api/models/ada/demo",
    "/api/models/ada/demo/revision/main",
    "/api/models/ada/demo/tree/main?recursive=true",
    "/api/models/ada/demo/refs",
    "/api/models/ada/demo/commits/main",
];

#[tokio::test]
async fn what_the_client_has_is_a_304_without_a_body_until_something_changes() {
    let hub = hub();
    for uri in CACHED {
        let first = get(uri).send(&hub).await;
        let tag = first.header("etag").unwrap().to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = get(uri).header("if-none-match", &known).send(&hub).await;
            assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{uri} {known}");
            assert_eq!(again.header("etag"), Some(&*tag), "{uri}");
        }
        assert_eq!(head(uri).header("if-none-match", &tag).send(&hub).await.status, 304, "{uri}");
        let other = get(uri).header("if-none-match", "\"other\"").send(&hub).await;
        assert_eq!((other.status.as_u16(), &other.body), (200, &first.body), "{uri}");
        add_files(&hub, "ada/demo", &[("a.txt", uri)]).await;
        let changed = get(uri).header("if-none-match", &tag).send(&hub).await;
        assert_eq!(changed.status, 200, "{uri}");
        assert_ne!(changed.header("etag"), Some(&*tag), "{uri}");
    }
}

#[tokio::test]
async fn another_question_has_another_tag() {
    let hub = hub();
    let mut tags = Vec::new();
    for uri in CACHED.iter().chain(&[
        "/api/models/ada/demo/tree/main",
        "/api/models/ada/demo/refs?include_prs=1",
        "/api/models/ada/demo?expand[]=sha",
        "/api/models/analytical/open",
    ]) {
        tags.push(get(uri).send(&hub).await.header("etag").unwrap().to_owned());
    }
    let count = tags.len();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), count);
}

#[tokio::test]
async fn a_tag_tells_nothing_to_those_who_may_not_read() {
    let hub = hub();
    for uri in ["/api/models/analytical/closed", "/api/models/analytical/closed/tree/main"] {
        for known in ["*", "\"x\""] {
            let refused = get(uri).token(crate::support::BOB).header("if-none-match", known).send(&hub).await;
            assert_eq!(refused.status, 404, "{uri}");
            assert_eq!(refused.header("etag"), None, "{uri}");
        }
    }
    let missing = get("/api/models/ada/nothing").token(ADA).header("if-none-match", "*").send(&hub).await;
    assert_eq!(missing.status, 404);
}
