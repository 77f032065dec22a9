//! The contract that the Hub publishes: every request that the client sends for an operation in it, and every response of the
//! embedded Hub, is what the contract says; where clients and contract disagree, `tests/contract/deviations.json` says why.
//! The files that this reads are described in `tests/contract/README.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod drive;
mod facts;
mod judge;
mod official;
mod responses;
mod samples;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use watch::Exchange;

/// What each method of the client and the embedded Hub said to each other, once for all tests.
async fn exchanges() -> Vec<Exchange> {
    static SEEN: tokio::sync::OnceCell<Vec<Exchange>> = tokio::sync::OnceCell::const_new();
    SEEN.get_or_init(drive::everything).await.clone()
}

#[tokio::test]
async fn the_operations_that_methods_send_are_those_that_are_said_to_be_covered() {
    let operations = facts::operations();
    let mut sent: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for exchange in exchanges().await {
        let Some(method) = exchange.by else { continue };
        if let Some(operation) = judge::operation_of(&operations, &exchange) {
            assert!(facts::is_described(operation), "{}: its schemas are not kept", operation.name());
            sent.entry(operation.name()).or_default().insert(method.to_owned());
        }
    }
    let covered = facts::covered();
    let mut faults = Vec::new();
    for name in covered.keys().chain(sent.keys()).collect::<BTreeSet<_>>() {
        let (said, seen) = (covered.get(name), sent.get(name));
        if said != seen {
            faults.push(format!("{name}\n    coverage.json: {said:?}\n    sent by:       {seen:?}"));
        }
    }
    assert!(faults.is_empty(), "coverage is not what it is said to be:\n{}", faults.join("\n"));
}

#[tokio::test]
async fn every_method_was_run() {
    let run: BTreeSet<&str> = exchanges().await.into_iter().filter_map(|exchange| exchange.by).collect();
    // They send whatever their caller says.
    let any = ["request", "request_pages"];
    // They speak to git and send nothing.
    let git = ["set_access_token", "unset_access_token"];
    // They answer from what is on this machine.
    let local = ["hf_hub_url", "try_to_load_from_cache", "get_cached_repo_tree", "cached_assets_path"];
    let methods = facts::methods_of_the_client();
    assert!(methods.contains("create_commit") && methods.contains("whoami"), "{methods:?}");
    let excused = |name: &str| any.contains(&name) || git.contains(&name) || local.contains(&name);
    let missing: Vec<_> = methods.iter().filter(|name| !run.contains(&***name) && !excused(name)).collect();
    assert!(missing.is_empty(), "drive.rs does not run {missing:?}");
}

#[tokio::test]
async fn requests_and_responses_are_those_of_the_contract_or_of_a_listed_deviation() {
    let operations = facts::operations();
    let mut found: BTreeMap<(String, String), String> = BTreeMap::new();
    for exchange in exchanges().await {
        let Some(operation) = judge::operation_of(&operations, &exchange) else { continue };
        for place in judge::departures(operation, &exchange) {
            let example = format!(
                "{} {} {} -> {} {}",
                exchange.method,
                exchange.uri,
                shown(&exchange.body),
                exchange.status,
                shown(&exchange.response)
            );
            found.entry((operation.name(), place)).or_insert(example);
        }
    }
    let mut faults = Vec::new();
    for deviation in facts::deviations() {
        assert!(!deviation.reason.is_empty(), "{}: no reason", deviation.place);
        let mut seen = false;
        for operation in &deviation.operations {
            seen |= found.remove(&(operation.clone(), deviation.place.clone())).is_some();
        }
        if !seen {
            let operations = deviation.operations.join(", ");
            faults.push(format!("not so any more, remove it: {operations}: {}", deviation.place));
        }
    }
    for ((operation, place), example) in found {
        faults.push(format!("{operation}: {place}\n    for example {example}"));
    }
    assert!(faults.is_empty(), "{} departures from the contract:\n{}", faults.len(), faults.join("\n"));
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(3000).collect()
}

#[test]
fn the_judge_sees_what_is_wrong() {
    let operations = facts::operations();
    let judged = |method: &str, uri: &str, body: &str, status: u16, response: &str| {
        let exchange = Exchange {
            by: None,
            method: method.parse().unwrap(),
            uri: format!("http://h{uri}").parse().unwrap(),
            headers: http::HeaderMap::new(),
            body: body.to_owned().into(),
            status,
            response_type: "application/json; charset=utf-8".to_owned(),
            response: response.to_owned().into(),
        };
        let operation = judge::operation_of(&operations, &exchange).unwrap();
        let places: Vec<String> = judge::departures(operation, &exchange).into_iter().collect();
        (operation.name(), places)
    };
    let move_repo = "POST /api/repos/move";
    let commits = "GET /api/models/{namespace}/{repo}/commits/{rev}";
    let list = "GET /api/{repoType}/{namespace}/{repo}/discussions";
    let table = [
        (
            judged("POST", "/api/repos/move", r#"{"fromRepo":"a/b","toRepo":"c/d"}"#, 200, ""),
            move_repo,
            vec![],
        ),
        (
            judged("POST", "/api/repos/move", r#"{"fromRepo":1,"type":"x"}"#, 200, ""),
            move_repo,
            vec!["body /fromRepo type", "body /toRepo missing", "body /type enum"],
        ),
        (judged("POST", "/api/repos/move", "", 200, ""), move_repo, vec!["body missing"]),
        (
            judged("GET", "/api/models/a/b/commits/refs%2Fpr%2F1?limit=0&p=x&a=1", "", 200, "[{}]"),
            commits,
            vec![
                "query a unexpected",
                "query limit",
                "query p",
                "response 200 /*/authors missing",
                "response 200 /*/date missing",
                "response 200 /*/id missing",
                "response 200 /*/message missing",
                "response 200 /*/title missing",
            ],
        ),
        (
            judged("GET", "/api/models/a/b/commits/main", "x", 201, "[]"),
            commits,
            vec!["body unexpected", "response 201 unexpected"],
        ),
        (
            judged(
                "GET",
                "/api/spaces/a/b/discussions",
                "",
                200,
                r#"{"discussions":[],"count":0,"start":0,"x":1}"#,
            ),
            list,
            vec!["response 200 /x unexpected"],
        ),
    ];
    for ((operation, places), expected, departures) in table {
        assert_eq!(
            (operation.as_str(), places),
            (expected, departures.into_iter().map(String::from).collect())
        );
    }
}

#[tokio::test]
async fn what_the_official_client_sends_is_sent_too_or_differs_for_a_listed_reason() {
    let (missing, meant) = (official::missing(&exchanges().await), official::meant());
    let new: Vec<_> = missing.difference(&meant).collect();
    assert!(new.is_empty(), "not sent, and not in tests/parity/differences.json:\n{new:#?}");
    let gone: Vec<_> = meant.difference(&missing).collect();
    assert!(gone.is_empty(), "in tests/parity/differences.json, and sent:\n{gone:#?}");
}
