//! Xorbs: up to 64 MiB of chunks in one immutable object (section 6).
//!
//! [`XorbBuilder`] makes one, [`XorbReader`] reads one from the front and checks it, [`RecordReader`] reads some records of one, as
//! a download gets them, and [`XorbIndex`] says where each chunk lies.

mod builder;
mod footer;
mod index;
mod reader;
mod records;

pub use crate::range::{MAX_XORB_BYTES, MAX_XORB_CHUNKS};
pub use builder::{Xorb, XorbBuilder};
pub use footer::MAX_FOOTER_LEN;
pub use index::{IndexBuilder, IndexedChunk, XorbIndex};
pub use reader::{XorbChunk, XorbReader};
pub use records::{Record, RecordReader};

/// Most bytes of a xorb's body that are read: chunks that do not shrink, with their headers.
pub const MAX_XORB_BODY: usize = MAX_XORB_BYTES + MAX_XORB_CHUNKS * crate::codec::HEADER_LEN;
