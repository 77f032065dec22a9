//! Reading a file, or a part of it, without keeping it.

mod read_file;
mod reader;

pub use self::read_file::{ReadRequest, read_file};
pub use self::reader::FileReader;
