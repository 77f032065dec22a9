//! The documented Python methods, each called with every documented argument, asynchronous and blocking.
//!
//! Names are recorded by the macros that make the calls: methods and setters are recorded only where they compile, the names
//! of what is passed by position are labels. `cargo xtask parity` prints what is recorded here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test"
)]

mod classes;
mod scenario;

use std::collections::{BTreeMap, BTreeSet};

use hub_api::HfApi;
use hub_local::{LocalHub, TokenRole};
use hub_tests::{ADA, BOB, client_of};

/// Documented methods and arguments.
const DOCUMENTED: &str = include_str!("../../parity/methods.txt");

/// Python's name of an argument, and what stands for it here.
const RENAMED: [(&str, &str); 4] = [
    ("cardData", "card_data"),
    ("securityStatus", "security_status"),
    ("from_id", "repo_id"),
    ("access_token", "token"),
];

/// What was called, and with what.
#[derive(Default)]
pub(crate) struct Names(pub(crate) BTreeMap<String, BTreeSet<String>>);

impl Names {
    pub(crate) fn record(&mut self, method: &str, arguments: &[&str]) {
        let entry = self.0.entry(method.to_owned()).or_default();
        entry.extend(arguments.iter().map(|&argument| argument.to_owned()));
    }
}

fn documented() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    DOCUMENTED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split(' ');
            (words.next().unwrap(), words.collect())
        })
        .collect()
}

/// What is documented and was not called.
fn missing(names: &Names) -> Vec<String> {
    let renamed: BTreeMap<_, _> = RENAMED.into_iter().collect();
    let mut missing = Vec::new();
    for (method, arguments) in documented() {
        let Some(called) = names.0.get(method) else {
            missing.push(method.to_owned());
            continue;
        };
        for argument in arguments {
            if !called.contains(*renamed.get(argument).unwrap_or(&argument)) {
                missing.push(format!("{method}({argument})"));
            }
        }
    }
    missing
}

fn hub() -> LocalHub {
    LocalHub::temporary()
        .token("ada", ADA, TokenRole::Write)
        .token("bob", BOB, TokenRole::Write)
        .org("analytical")
        .member("analytical", "ada", hub_local::OrgRole::Write)
        .build()
        .unwrap()
}

fn api(hub: &LocalHub) -> HfApi {
    client_of(hub).token(ADA).library_name("parity").library_version("1").user_agent("a/1").build().unwrap()
}

#[tokio::test]
async fn every_method_and_argument_is_there_asynchronously() {
    let hub = hub();
    let names = scenario::asynchronous(&api(&hub)).await;
    let missing = missing(&names);
    // Read by `cargo xtask parity`.
    for (method, arguments) in documented() {
        let lost: Vec<_> = missing.iter().filter(|lost| lost.split('(').next() == Some(method)).collect();
        let arguments = arguments.into_iter().collect::<Vec<_>>().join(", ");
        if lost.is_empty() {
            println!("parity: ok {method}({arguments})");
        } else {
            println!("parity: missing {lost:?}");
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_method_and_argument_is_there_blocking() {
    let hub = hub();
    let names = scenario::blocking(&api(&hub).blocking());
    assert_eq!(missing(&names), Vec::<String>::new());
}

#[test]
fn what_is_not_called_is_missing() {
    let mut names = Names::default();
    names.record("whoami", &[]);
    let missing = missing(&names);
    assert!(missing.contains(&"whoami(token)".to_owned()) && missing.contains(&"like".to_owned()));
    assert_eq!(documented().len(), 46);
}
