//! Lets every request of a scenario go wrong, and judges what is left and what is said.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hub_api::commit::CommitError;
use hub_api::{Error, ErrorKind};
use hub_tests::either::{Hub, Kind};
use hub_tests::findings;
use hub_tests::model::{Fault, Trouble, Wrong};
use hub_tests::model_client::in_paused_time;

use crate::scenario::{Place, Scenario, published};

/// The longest that one fault may take.
const LONGEST: Duration = Duration::from_secs(600);

/// How a run ended.
struct Ended {
    before: String,
    after: String,
    files: BTreeMap<String, Vec<u8>>,
    result: Result<String, Error>,
    took: Duration,
    /// What the Hub had before each request of it.
    states: Vec<String>,
    log: Vec<String>,
}

fn run(kind: Kind, scenario: &Scenario, fault: Option<(usize, Fault)>) -> Ended {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().to_owned();
    in_paused_time(async {
        let hub = Hub::with_demo(kind, &scenario.rules).await;
        let api = if scenario.xet { hub.user_with_xet("ada", 7) } else { hub.user("ada", 7) };
        let place = Place { api, hub: hub.clone(), folder: folder.clone() };
        (scenario.prepare)(place.clone()).await;
        let (first, before) = (hub.log().len(), hub.there().await.to_string());
        let states = Arc::new(Mutex::new(Vec::new()));
        match fault {
            Some((number, fault)) => hub.fail(first + number, fault),
            None => {
                let states = Arc::clone(&states);
                let note = hub.change(move |hub| {
                    let states = Arc::clone(&states);
                    async move {
                        let there = hub.there().await.to_string();
                        states.lock().unwrap().push(there);
                    }
                });
                hub.script(move |_| Some(Fault::default().first(Arc::clone(&note))));
            }
        }
        let begun = tokio::time::Instant::now();
        let result = (scenario.run)(place).await;
        let took = begun.elapsed();
        hub.heal();
        let log = hub.log().split_off(first);
        hub.deliver_late().await;
        let there = hub.there().await;
        let after = there.to_string();
        let files = scenario.files.map(|inside| folder.join(inside)).filter(|folder| folder.exists());
        let mut files = files.map(|folder| published(&folder)).unwrap_or_default();
        // The embedded Hub's commits have the time in their ids.
        if let Some(head) = there.repos.get("models/ada/demo").and_then(|demo| demo.branch("main").last()) {
            files = without_id(files, &head.id);
        }
        let states = std::mem::take(&mut *states.lock().unwrap());
        Ended { before, after, files, result, took, states, log }
    })
}

/// Files in whose names and contents the id of a commit is named for what it is.
fn without_id(files: BTreeMap<String, Vec<u8>>, id: &str) -> BTreeMap<String, Vec<u8>> {
    let named = |(name, content): (String, Vec<u8>)| {
        let content = if content == id.as_bytes() { b"the head".to_vec() } else { content };
        (name.replace(id, "the head"), content)
    };
    files.into_iter().map(named).collect()
}

/// Whether an error leaves open if it was done.
fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::Commit(CommitError::CommitOutcomeUnknown(_)))
        || error.transport().is_some_and(hub_api::transport::Error::maybe_processed)
}

/// Whether the response to something that was not carried out is one that says, in the words of the protocol, that it was:
/// no client can tell.
fn is_lie(request: &str, fault: &Fault) -> bool {
    let says_ok =
        request.contains("/branch/") || request.contains("/tag/") || request.contains("/api/repos/");
    let says_ok = says_ok && !request.contains("/create");
    let says_what_changed =
        ["/title", "/status", "/edit", "/comment", "/settings"].iter().any(|end| request.ends_with(end));
    match fault.trouble {
        _ if fault.applies => false,
        // The success is a text that nobody reads, or nothing.
        Trouble::Short | Trouble::Corrupt => says_ok,
        Trouble::Wrong(Wrong::Empty | Wrong::NoContent | Wrong::CutJson | Wrong::ContentType) => says_ok,
        // The success does not say where it was.
        Trouble::Wrong(Wrong::OtherRepo) => says_what_changed,
        _ => false,
    }
}

/// What is wrong with how a run ended, in words.
fn verdict(scenario: &Scenario, clean: &Ended, ended: &Ended) -> Option<String> {
    let known_file = |(path, content): (&String, &Vec<u8>)| clean.files.get(path) == Some(content);
    if let Some((path, _)) = ended.files.iter().find(|file| !known_file(*file)) {
        return Some(format!("published {path}, which is not what the Hub has"));
    }
    if ended.took > LONGEST {
        return Some(format!("took {:?}", ended.took));
    }
    let is_state = ended.after == clean.after || clean.states.contains(&ended.after);
    if !is_state {
        let result = &ended.result;
        return Some(format!("left what no run leaves, and said {result:?}:\n{}", ended.after));
    }
    match &ended.result {
        Ok(said) => {
            let wanted = clean.result.as_ref().unwrap();
            if ended.after != clean.after {
                Some(format!("said it is done ({said}), and it is not"))
            } else if said != wanted {
                Some(format!("gave {said:?} in place of {wanted:?}"))
            } else if ended.files != clean.files {
                Some("gave files that are not there".to_owned())
            } else {
                None
            }
        }
        Err(error) if error.kind() == Some(ErrorKind::Other) => {
            Some(format!("an error of no kind: {error:?}"))
        }
        Err(error) if is_unknown(error) || scenario.steps => None,
        Err(error) if ended.after != ended.before => {
            Some(format!("called it a failure, and it is done: {error:?}"))
        }
        Err(_) => None,
    }
}

/// Of the faults at a request of the embedded Hub, whose runs take far longer, one in this many is tried: at each request
/// other ones, so that every request meets some and every fault is met by some. `HUB_DEEP_ONE_IN=1`: all.
fn one_in(kind: Kind) -> usize {
    let set = std::env::var("HUB_DEEP_ONE_IN").ok().and_then(|text| text.parse().ok());
    if kind == Kind::Model { 1 } else { set.unwrap_or(4) }
}

/// Runs a scenario once without a fault, then with every fault at every request.
pub(crate) fn every_operation(kind: Kind, scenario: &Scenario) {
    let only = std::env::var("HUB_ONLY").unwrap_or_default();
    let (only, number) = only.split_once(':').unwrap_or((&only, ""));
    if !only.is_empty() && only != scenario.name {
        return;
    }
    let one_in = if only.is_empty() { one_in(kind) } else { 1 };
    let clean = run(kind, scenario, None);
    assert!(clean.result.is_ok(), "{}: without any fault: {:?}", scenario.name, clean.result);
    let mut wrong = Vec::new();
    let (mut runs, mut done, mut unknown) = (0, 0, 0);
    for (at, request) in clean.log.iter().enumerate() {
        if number.parse().is_ok_and(|number: usize| number != at) {
            continue;
        }
        let faults = Fault::all().into_iter().enumerate().filter(|(number, _)| (number + at) % one_in == 0);
        for (_, fault) in faults.filter(|(_, fault)| !is_lie(request, fault)) {
            let ended = run(kind, scenario, Some((at, fault.clone())));
            runs += 1;
            done += usize::from(ended.result.is_ok());
            unknown += usize::from(ended.result.as_ref().is_err_and(is_unknown));
            if let Some(verdict) = verdict(scenario, &clean, &ended) {
                let when = if fault.applies { "after" } else { "before" };
                let what = format!("{when} {:?}", fault.trouble);
                wrong.push(format!(
                    "{}:{at} on {kind:?}: {} {what}: {verdict}",
                    scenario.name,
                    short(request)
                ));
            }
        }
    }
    println!(
        "{}, {kind:?}: {} requests, {runs} runs, {done} done all the same, {unknown} unknown",
        scenario.name,
        clean.log.len()
    );
    findings::none(wrong);
}

/// A request without the ids in its path.
fn short(request: &str) -> String {
    let is_id = |part: &&str| part.len() >= 40 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    request.split('/').map(|part| if is_id(&part) { "ID" } else { part }).collect::<Vec<_>>().join("/")
}

/// The name of the last part of a path.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
