//! What one caller may take of the Hub, so that nobody can keep it from the others.
//!
//! | what | limit |
//! |---|---|
//! | a pause while a body is sent or taken | 30 s |
//! | bytes of a body, over a minute in which they are waited for | 1 KiB a second |
//! | the head of a request, from its first byte on; the first byte of a connection | 10 s |
//! | a connection between two requests | 60 s |
//! | connections at the same time | 512; for one more, the address that has most of them loses one |
//! | connections of one address | 128 of 512 |
//! | git programs of one address | 8 of 16, and half of what is free for each that comes later |
//!
//! Requests are worked on 128 at a time. A request that waits for its caller does not count ([`work`]).

pub(crate) mod pace;
pub(crate) mod per_address;
pub(crate) mod work;

#[cfg(feature = "serve")]
pub(crate) mod activity;
#[cfg(feature = "serve")]
pub(crate) mod heard;
#[cfg(feature = "serve")]
pub(crate) mod rates;
#[cfg(feature = "serve")]
pub(crate) mod stalled_write;
