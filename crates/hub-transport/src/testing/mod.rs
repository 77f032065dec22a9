//! Test doubles, for this crate and for code that uses it: a scripted inner service, a recorder and a token.

pub mod probe;
mod record;
mod script;
mod token;

pub use record::{Recorded, Recorder, RecorderLayer, Recording};
pub use script::{Script, Step, reply};
pub use token::TestToken;
