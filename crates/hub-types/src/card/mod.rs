//! Cards: what the `README.md` of a repository says at its head, in YAML, and the text below it.
//!
//! [`split`] is the one rule for where the head is. With the feature `yaml`, `RepoCard` reads a card, changes it, and writes it
//! with the comments and the order that its author gave it.

mod data;
#[cfg(feature = "yaml")]
mod dump;
#[cfg(feature = "yaml")]
mod edit;
#[cfg(feature = "yaml")]
mod eval_result;
mod head;
#[cfg(feature = "yaml")]
mod repo_card;
#[cfg(feature = "yaml")]
mod value;
#[cfg(feature = "yaml")]
mod yaml;

pub use self::data::{DatasetCardData, ModelCardData, OneOrMany, SpaceCardData};
#[cfg(feature = "yaml")]
pub use self::eval_result::{EvalResult, eval_results_to_model_index, model_index_to_eval_results};
pub use self::head::{CardParts, split};
#[cfg(feature = "yaml")]
pub use self::repo_card::{DatasetCard, ModelCard, RepoCard, SpaceCard};
#[cfg(feature = "yaml")]
pub use self::value::{CardMap, CardValue};
#[cfg(feature = "yaml")]
pub use self::yaml::{CardError, read_head};
