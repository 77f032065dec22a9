//! Doubt about what is appended: discussions and comments are there once for each call that says so.

use std::collections::BTreeSet;

use hub_tests::either::{Hub, Kind};
use hub_tests::findings;
use hub_tests::model::{Fault, Rules, Trouble, WRONG, Wrong};
use hub_tests::model_client::{Seeded, in_paused_time};

use crate::runs;

fn fault(random: &Seeded) -> Option<Fault> {
    let trouble = match random.below(8) {
        0 => Trouble::Reset,
        1 => Trouble::Close,
        2 => Trouble::Stall,
        3 => Trouble::Status(504),
        4 => return Some(Fault::before(Trouble::Late)),
        _ => return None,
    };
    Some(if random.below(2) == 0 { Fault::before(trouble) } else { Fault::after(trouble) })
}

fn wrong(random: &Seeded) -> Option<Fault> {
    let trouble = match random.below(20) {
        0 => Trouble::Status(408),
        number => Trouble::Wrong(*WRONG.get(number as usize - 1)?),
    };
    // A comment's success does not say where it is: of one that is not there nobody can tell.
    let is_lie = trouble == Trouble::Wrong(Wrong::OtherRepo);
    Some(if random.below(2) == 0 && !is_lie { Fault::before(trouble) } else { Fault::after(trouble) })
}

/// How many of the calls said that they are done, and how many that nobody knows.
fn judge<T: Ord>(results: &[Result<T, hub_api::Error>], there: usize) -> Option<String> {
    let done: Vec<&T> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    let different = done.iter().collect::<BTreeSet<_>>().len();
    let is_unknown =
        |error: &hub_api::Error| error.transport().is_some_and(hub_api::transport::Error::maybe_processed);
    let unknown = results.iter().filter(|result| result.as_ref().is_err_and(is_unknown)).count();
    if different < done.len() {
        Some(format!("{} calls claim {different} things", done.len()))
    } else if there < done.len() {
        Some(format!("lost: {} calls say done, {there} are there", done.len()))
    } else if there > done.len() + unknown {
        let errors: Vec<String> =
            results.iter().filter_map(|r| r.as_ref().err().map(ToString::to_string)).collect();
        Some(format!("{there} are there, {} done and {unknown} unknown; {errors:?}", done.len()))
    } else {
        None
    }
}

/// Three calls that are alike, in turn or at once, some of which go wrong.
fn three(
    (kind, seed): (Kind, u64),
    name: &str,
    fault: fn(&Seeded) -> Option<Fault>,
    comments: bool,
) -> Option<String> {
    let random = Seeded::new(seed);
    in_paused_time(async {
        let hub = Hub::with_demo(kind, &Rules::default()).await;
        let api = hub.user("ada", seed);
        if comments {
            api.create_discussion("ada/demo", "A place").description("Here.").await.unwrap();
        }
        let at_once = random.below(2) == 0;
        let end = if comments { "/comment" } else { "/discussions" };
        hub.script(move |seen| {
            let posted = seen.line.starts_with("POST") && seen.line.ends_with(end);
            if posted { fault(&random) } else { None }
        });
        let call = async || {
            if comments {
                Ok(api.comment_discussion("ada/demo", 1, "The same.").await?.id)
            } else {
                let opened = api.create_discussion("ada/demo", "The same").description("Again.").await?;
                Ok(opened.discussion.num.to_string())
            }
        };
        let results = if at_once {
            let (one, two, three) = tokio::join!(call(), call(), call());
            [one, two, three]
        } else {
            [call().await, call().await, call().await]
        };
        hub.heal();
        hub.deliver_late().await;
        let there = hub.there().await;
        let discussions = &there.demo().discussions;
        let count = if comments { discussions[0].comments().len() - 1 } else { discussions.len() };
        judge(&results, count).map(|problem| format!("{name}:{seed} on {kind:?}: {problem}"))
    })
}

#[test]
fn f61_discussions_that_are_alike_are_opened_once_for_each_call_that_says_so() {
    findings::none(runs().filter_map(|run| three(run, "f61_discussion", fault, false)).collect());
}

#[test]
fn f61_comments_that_are_alike_are_written_once_for_each_call_that_says_so() {
    findings::none(runs().filter_map(|run| three(run, "f61_comment", fault, true)).collect());
}

#[test]
fn discussions_are_opened_once_whatever_the_success_looks_like() {
    findings::none(runs().filter_map(|run| three(run, "wrong_discussion", wrong, false)).collect());
}

#[test]
fn comments_are_written_once_whatever_the_success_looks_like() {
    findings::none(runs().filter_map(|run| three(run, "wrong_comment", wrong, true)).collect());
}
