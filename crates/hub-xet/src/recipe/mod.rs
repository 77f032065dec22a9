mod term;
pub use term::{Term, total_len};
