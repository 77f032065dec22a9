//! Which chunks need not be sent: deduplication on the client's side (sections 10 and 12).
//!
//! A [`ChunkIndex`] knows chunks of this session, of shards that were uploaded and of responses to queries. A [`Deduplicator`] decides
//! for each chunk of a file whether it is referred to or stored again, and [`GlobalQueries`] which chunks are worth a query.

mod decide;
mod guard;
mod index;
mod queries;

pub use decide::{Decision, Deduplicator};
pub use guard::{FragmentationGuard, MIN_CHUNKS_PER_RANGE, RANGES};
pub use index::{ChunkIndex, Hit, XorbId};
pub use queries::{GlobalQueries, QUERY_DISTANCE};
