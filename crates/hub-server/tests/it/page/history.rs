//! The history of a repository and of a file.

use super::{Browser, html::Html};
use crate::support::{ADA, add_files, hub, tip};

async fn page(hub: &hub_server::EmbeddedHub, uri: &str) -> Html {
    let page = Browser::anonymous(hub).await.page(uri).await;
    assert_eq!(page.faults(), Vec::<String>::new(), "{uri}");
    page
}

/// The commits of a page, by their links, and where it goes on.
fn read(page: &Html) -> (Vec<String>, Option<String>) {
    let commits = page.links().into_iter().filter_map(|link| link.strip_prefix("/ada/demo/commit/"));
    let next = page.all("a").find(|link| link.attribute("rel") == Some("next"));
    (commits.map(str::to_owned).collect(), next.and_then(|link| link.attribute("href")).map(str::to_owned))
}

#[tokio::test]
async fn the_pages_of_a_history_have_each_commit_once() {
    let hub = hub();
    let mut all = vec![tip(&hub, "ada/demo").await];
    let mut of_file = Vec::new();
    for number in 0..110 {
        let (path, text) = (if number % 2 == 0 { "a/b.txt" } else { "c.txt" }, number.to_string());
        let commit = add_files(&hub, "ada/demo", &[(path, &text)]).await;
        all.push(commit.clone());
        if number % 2 == 0 {
            of_file.push(commit);
        }
    }
    all.reverse();
    of_file.reverse();
    for (path, expected) in [("", &all), ("/a/b.txt", &of_file), ("/a", &of_file)] {
        let (mut found, mut uri, mut pages) = (Vec::new(), Some(format!("/ada/demo/commits/main{path}")), 0);
        while let Some(at) = uri {
            let (commits, next) = read(&page(&hub, &at).await);
            assert!(commits.len() <= 50);
            found.extend(commits);
            uri = next;
            pages += 1;
            assert!(pages < 9, "{path}");
        }
        assert_eq!(&found, expected, "{path}");
        assert_eq!(pages, expected.len().div_ceil(50), "{path}");
    }
    let first = page(&hub, "/ada/demo/commits/main").await;
    assert!(first.words().contains("111 commits"), "{}", first.words());
    assert!(!first.words().contains('@') && !first.words().contains("noreply"), "no address of anybody");
    let files = format!("/ada/demo/blob/{}/a/b.txt", of_file[0]);
    assert!(page(&hub, "/ada/demo/commits/main/a/b.txt").await.links().contains(&files.as_str()));
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a", "a")]).await;
    let browser = Browser::signed_in(&hub, ADA).await;
    for (uri, status) in [
        ("/ada/demo/commits/main?p=x", 400),
        ("/ada/demo/commits/main?p=99999999999", 400),
        ("/ada/demo/commits/main/a?from=..", 404),
        ("/ada/demo/commits/main/a?from=0123456789", 404),
        ("/ada/demo/commits/none", 404),
        ("/ada/demo/commits/main?p=9000", 200),
        ("/ada/demo/commits/main/never/there", 200),
    ] {
        assert_eq!(browser.get(uri).await.status, status, "{uri}");
    }
}
