//! A folder as operations of a commit.
//!
//! Paths are relative to the folder, sorted, and filtered by [`pattern`](hub_types::pattern). Hidden files are files like all
//! others. What is left out is listed with its reason:
//!
//! | what | becomes of it |
//! |---|---|
//! | anything named `.git`, at any depth | left out with everything in it |
//! | a folder `.cache/huggingface`, at any depth | left out: bookkeeping of the Hub's clients |
//! | an empty folder | left out: a repository has none; listed unless something above it is left out |
//! | a symbolic link | see [`Links`] |
//! | a named pipe, socket or device | an error, unless a pattern leaves it out |
//! | a name that is not UTF-8 | an error |

mod deletions;
mod skipped;
mod walk;

pub use self::deletions::deletions;
pub use self::skipped::{Reason, Skipped};
pub use self::walk::{FolderOptions, Links, Listing, list, scan};
