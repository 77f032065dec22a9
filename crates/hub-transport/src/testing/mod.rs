//! Test doubles, for this crate and for code that uses it: a scripted leaf and a recorder.

mod record;
mod script;

pub use record::{Recorded, Recorder, RecorderLayer, Recording};
pub use script::{Script, Step, reply};
