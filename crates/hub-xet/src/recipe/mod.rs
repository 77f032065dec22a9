//! How a file is put together from chunks of xorbs: reconstruction terms.
//!
//! An uploader makes a [`Recipe`] with [`RecipeBuilder`]. A server trims a file's terms to a wanted range, as a [`Reconstruction`]
//! (section 11). A downloader makes a [`FetchPlan`] of it, which fetches everything once and says where each chunk belongs in the file.

mod builder;
mod plan;
mod reconstruction;
mod term;

pub use builder::{Recipe, RecipeBuilder};
pub use plan::{Fetch, FetchPlan, Placed, Placement};
pub use reconstruction::{Covering, FetchRange, Reconstruction, covering};
pub use term::{Term, total_len};
