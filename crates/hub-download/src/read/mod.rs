//! Reading a file, or a part of it, without keeping it.

mod blocks;
pub(crate) mod located;
mod read_file;
mod reader;
mod seekable;

pub use self::blocks::SeekOptions;
pub use self::read_file::{ReadRequest, open_file, read_file};
pub(crate) use self::read_file::{locate, locate_with};
pub use self::reader::FileReader;
pub use self::seekable::SeekableReader;
