//! Every operation: in each scenario request number k goes wrong, for every k and in every way there is. Nothing is lost,
//! nothing is done twice, nothing hangs, and an error says what is true: "not done" is not done, and what nobody knows is
//! said to be unknown. The Hub is the model of one, which shares no code with the embedded Hub; and then, with fewer faults,
//! the embedded Hub.
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

use hub_tests::either::Kind;
use judge::every_operation;

/// Each test on the model and on the embedded Hub.
macro_rules! on_both {
    ($($name:ident: $scenario:path;)+) => {
        mod on_the_model {
            use super::*;
            $(#[test] fn $name() { every_operation(Kind::Model, &$scenario()) })+
        }
        mod on_the_embedded_hub {
            use super::*;
            $(#[test] fn $name() { every_operation(Kind::Embedded, &$scenario()) })+
        }
    };
}

/// The model has no Xet. Downloads by Xet decode on threads that wait for what arrives, for which time does not pass: what may go wrong
/// with them is in the tests of `hub-download`.
#[test]
fn a_commit_by_xet_on_the_embedded_hub() {
    every_operation(Kind::Embedded, &uploads::xet());
}

on_both! {
    a_commit_of_small_files: uploads::small_files;
    an_lfs_file_in_one_piece: uploads::lfs_basic;
    an_lfs_file_in_parts: uploads::lfs_multipart;
    a_folder_of_three_files: uploads::folder;
    a_commit_with_deletions: uploads::deletions;
    a_pull_request_with_its_commit: uploads::pull_request;
    a_large_folder: large::folder;
    a_download: downloads::file;
    a_download_of_an_lfs_file: downloads::lfs_file;
    a_snapshot: downloads::snapshot;
    a_resumed_download: downloads::resumed;
    a_listing: downloads::listing;
    a_new_repository: changes::create_repo;
    a_repository_that_is_deleted: changes::delete_repo;
    a_repository_that_moves: changes::move_repo;
    another_visibility: changes::visibility;
    a_new_branch: changes::create_branch;
    a_branch_that_is_deleted: changes::delete_branch;
    a_new_tag: changes::create_tag;
    a_tag_that_is_deleted: changes::delete_tag;
    a_discussion: changes::discussion;
    a_comment: changes::comment;
    a_comment_that_is_edited: changes::edit;
    another_title: changes::rename;
    another_status: changes::status;
    a_merge: changes::merge;
    a_token_that_is_saved: token::saved;
}
