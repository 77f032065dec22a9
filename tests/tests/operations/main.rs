//! Every operation: in each scenario request number k goes wrong, for every k and in every way there is. Nothing is lost,
//! nothing is done twice, nothing hangs, and an error says what is true: "not done" is not done, and what nobody knows is
//! said to be unknown. The Hub is the model of one, which shares no code with the embedded Hub.
//!
//! `HUB_ONLY=name` runs one scenario, and `HUB_ONLY=name:7` its request number 7 alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod changes;
mod downloads;
mod judge;
mod large;
mod scenario;
mod sources;
mod token;
mod uploads;

use judge::every_operation;

#[test]
fn a_commit_of_small_files() {
    every_operation(&uploads::small_files());
}

#[test]
fn an_lfs_file_in_one_piece() {
    every_operation(&uploads::lfs_basic());
}

#[test]
fn an_lfs_file_in_parts() {
    every_operation(&uploads::lfs_multipart());
}

#[test]
fn a_folder_of_three_files() {
    every_operation(&uploads::folder());
}

#[test]
fn a_commit_with_deletions() {
    every_operation(&uploads::deletions());
}

#[test]
fn a_pull_request_with_its_commit() {
    every_operation(&uploads::pull_request());
}

#[test]
fn a_large_folder() {
    every_operation(&large::folder());
}

#[test]
fn a_download() {
    every_operation(&downloads::file());
}

#[test]
fn a_download_of_an_lfs_file() {
    every_operation(&downloads::lfs_file());
}

#[test]
fn a_snapshot() {
    every_operation(&downloads::snapshot());
}

#[test]
fn a_resumed_download() {
    every_operation(&downloads::resumed());
}

#[test]
fn a_listing() {
    every_operation(&downloads::listing());
}

#[test]
fn a_new_repository() {
    every_operation(&changes::create_repo());
}

#[test]
fn a_repository_that_is_deleted() {
    every_operation(&changes::delete_repo());
}

#[test]
fn a_repository_that_moves() {
    every_operation(&changes::move_repo());
}

#[test]
fn another_visibility() {
    every_operation(&changes::visibility());
}

#[test]
fn a_new_branch() {
    every_operation(&changes::create_branch());
}

#[test]
fn a_branch_that_is_deleted() {
    every_operation(&changes::delete_branch());
}

#[test]
fn a_new_tag() {
    every_operation(&changes::create_tag());
}

#[test]
fn a_tag_that_is_deleted() {
    every_operation(&changes::delete_tag());
}

#[test]
fn a_discussion() {
    every_operation(&changes::discussion());
}

#[test]
fn a_comment() {
    every_operation(&changes::comment());
}

#[test]
fn a_comment_that_is_edited() {
    every_operation(&changes::edit());
}

#[test]
fn another_title() {
    every_operation(&changes::rename());
}

#[test]
fn another_status() {
    every_operation(&changes::status());
}

#[test]
fn a_merge() {
    every_operation(&changes::merge());
}

#[test]
fn a_token_that_is_saved() {
    every_operation(&token::saved());
}
