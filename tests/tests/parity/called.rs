//! What a test has called, and with which arguments.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Documented methods and arguments.
const DOCUMENTED: &str = include_str!("../../parity/methods.txt");

/// Arguments that have another name here: the method, Python's name, this one, and why.
const RENAMED: [(&str, &str, &str, &str); 5] = [
    ("list_datasets", "cardData", "card_data", "Rust's names are in snake case"),
    ("list_models", "cardData", "card_data", "Rust's names are in snake case"),
    ("model_info", "securityStatus", "security_status", "Rust's names are in snake case"),
    ("move_repo", "from_id", "repo_id", "every call names its repository alike"),
    ("set_access_token", "access_token", "token", "a token is called that everywhere else"),
];

thread_local! {
    static CALLED: RefCell<BTreeMap<&'static str, BTreeSet<&'static str>>> = RefCell::default();
}

/// Notes a call of this thread.
pub(crate) fn note(method: &'static str, arguments: &[&'static str]) {
    CALLED.with_borrow_mut(|called| called.entry(method).or_default().extend(arguments));
}

/// The documented methods with their arguments.
pub(crate) fn documented() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let lines = DOCUMENTED.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split(' ');
            (words.next().unwrap(), words.collect())
        })
        .collect()
}

/// Fails unless this thread has called `method` with every documented argument. Prints a line that `cargo xtask parity` counts.
pub(crate) fn check(method: &str) {
    let missing = missing(method);
    assert!(missing.is_empty(), "{method} was not called with {missing:?}");
    let arguments: Vec<_> = documented()[method].iter().copied().collect();
    println!("parity: ok {method}({})", arguments.join(", "));
}

fn missing(method: &str) -> Vec<&'static str> {
    let called = CALLED.with_borrow(|called| called.get(method).cloned().unwrap_or_default());
    let name = |argument: &'static str| {
        let renamed = RENAMED.iter().find(|(of, python, ..)| (*of, *python) == (method, argument));
        renamed.map_or(argument, |(_, _, name, _)| name)
    };
    documented()[method].iter().copied().filter(|&argument| !called.contains(name(argument))).collect()
}

#[test]
fn an_argument_that_is_not_given_is_missing() {
    note("whoami", &[]);
    assert_eq!(missing("whoami"), ["token"]);
    assert_eq!(missing("set_access_token"), ["access_token"]);
    note("set_access_token", &["token"]);
    assert_eq!(missing("set_access_token"), [""; 0]);
    assert!(RENAMED.iter().all(|(.., reason)| !reason.is_empty()));
}
