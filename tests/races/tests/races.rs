//! Every scenario in 10,000 orders. `HUB_DEEP_SCHEDULES` and `HUB_RACES_SEED` can be set; a failure prints the order, which shuttle
//! can replay.

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Half of the orders are random; in the other half a thread goes on until one of a few chosen points.
#[expect(clippy::print_stdout, reason = "a test says what replays it")]
fn in_every_order(scenario: fn()) {
    let (schedules, seed) = (number("HUB_DEEP_SCHEDULES", 10_000) as usize, number("HUB_RACES_SEED", 1));
    println!("{schedules} schedules, HUB_RACES_SEED={seed}");
    let random = RandomScheduler::new_from_seed(seed, schedules.div_ceil(2));
    Runner::new(random, Config::new()).run(scenario);
    let chosen = PctScheduler::new_from_seed(seed, 3, schedules / 2);
    Runner::new(chosen, Config::new()).run(scenario);
}

#[test]
fn commits_are_one_after_the_other() {
    in_every_order(hub_races::commits_are_one_after_the_other);
}

#[test]
fn nothing_is_written_into_a_deleted_repository() {
    in_every_order(hub_races::nothing_is_written_into_a_deleted_repository);
}

#[test]
fn a_budget_is_never_overdrawn() {
    in_every_order(hub_races::a_budget_is_never_overdrawn);
}

#[test]
fn a_token_is_asked_for_once() {
    in_every_order(hub_races::a_token_is_asked_for_once);
}

#[test]
fn nobody_is_given_an_expired_token() {
    in_every_order(hub_races::nobody_is_given_an_expired_token);
}

#[test]
fn after_a_failure_the_next_call_asks_again() {
    in_every_order(hub_races::after_a_failure_the_next_call_asks_again);
}

#[test]
fn a_refused_token_is_replaced_once() {
    in_every_order(hub_races::a_refused_token_is_replaced_once);
}

#[test]
fn a_token_is_renewed_once_while_calls_go_on_with_it() {
    in_every_order(hub_races::a_token_is_renewed_once_while_calls_go_on_with_it);
}

#[test]
fn turns_of_one_name_are_one_after_the_other() {
    in_every_order(hub_races::turns_of_one_name_are_one_after_the_other);
}

#[test]
fn what_is_claimed_is_one_calls() {
    in_every_order(hub_races::what_is_claimed_is_one_calls);
}
