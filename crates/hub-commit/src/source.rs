//! Where the content of an added file comes from, and the one place where it is opened.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;

/// A reader that several places may share. It is rewound before it is read.
pub type SharedReader = Arc<Mutex<dyn ReadSeek>>;

/// Both [`Read`] and [`Seek`]; implemented for everything that is both.
pub trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send + ?Sized> ReadSeek for T {}

/// The content of an added file. Python: `path_or_fileobj`.
///
/// A relative path means the same as in [`std::fs`]; `~` is not expanded.
#[derive(Clone)]
#[non_exhaustive]
pub enum AddSource {
    /// A regular file; symbolic links are followed.
    Path(PathBuf),
    /// Content in memory.
    Bytes(Bytes),
    /// Anything that can be read and rewound. Its position afterwards is not defined.
    Reader(SharedReader),
}

impl AddSource {
    /// A source that reads from `reader`, always from its beginning.
    pub fn reader(reader: impl Read + Seek + Send + 'static) -> Self {
        Self::Reader(Arc::new(Mutex::new(reader)))
    }
}

impl fmt::Debug for AddSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Reader(_) => f.write_str("Reader"),
        }
    }
}

impl From<PathBuf> for AddSource {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for AddSource {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_path_buf())
    }
}

impl From<&PathBuf> for AddSource {
    fn from(path: &PathBuf) -> Self {
        Self::Path(path.clone())
    }
}

/// A path, as in Python. Content is given as bytes.
impl From<&str> for AddSource {
    fn from(path: &str) -> Self {
        Self::Path(path.into())
    }
}

/// A path, as in Python. Content is given as bytes.
impl From<String> for AddSource {
    fn from(path: String) -> Self {
        Self::Path(path.into())
    }
}

impl From<Bytes> for AddSource {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for AddSource {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl<const N: usize> From<&'static [u8; N]> for AddSource {
    fn from(bytes: &'static [u8; N]) -> Self {
        Self::Bytes(Bytes::from_static(bytes))
    }
}

impl From<&'static [u8]> for AddSource {
    fn from(bytes: &'static [u8]) -> Self {
        Self::Bytes(Bytes::from_static(bytes))
    }
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stamp {
    /// Size in bytes.
    pub size: u64,
    /// When it was last written, where the system says so.
    pub modified: Option<SystemTime>,
    /// Device and number of the file, where the system has them; zeros elsewhere.
    pub identity: (u64, u64),
}

impl Stamp {
    /// The stamp of content that has a size and nothing else.
    pub const fn of_size(size: u64) -> Self {
        Self { size, modified: None, identity: (0, 0) }
    }

    /// The stamp of a file.
    pub fn of_file(metadata: &std::fs::Metadata) -> Self {
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let identity = (0, 0);
        Self { size: metadata.len(), modified: metadata.modified().ok(), identity }
    }
}

/// An open source.
pub trait SourceFile: Read + Seek + Send {
    /// The state of the file that is open, read anew.
    ///
    /// # Errors
    /// What the system reports.
    fn stamp(&mut self) -> io::Result<Stamp>;

    /// Reads on like [`Read::read`], but only what is in memory, so that it never waits. Default: nothing is.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when the next byte is not in memory or nobody can tell: then [`Read::read`] is called. Any
    /// other error ends the upload.
    fn read_at_once(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let _ = buf;
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// The file system that sources are opened in. [`SystemFiles`] unless a test brings one that fails on purpose.
pub trait Files: Send + Sync + fmt::Debug {
    /// Opens a regular file for reading, following symbolic links, and says its state. Never waits, not even on a named pipe.
    ///
    /// # Errors
    /// What the system reports; [`io::ErrorKind::InvalidInput`] for what is not a regular file.
    fn open(&self, path: &Path) -> io::Result<(Box<dyn SourceFile>, Stamp)>;
}

/// The file system of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemFiles;

impl Files for SystemFiles {
    fn open(&self, path: &Path) -> io::Result<(Box<dyn SourceFile>, Stamp)> {
        let file = open_at_once(path).or_else(|error| {
            // Of what cannot be opened in this way, a socket for example, the kind says more than the error.
            regular(&std::fs::metadata(path)?)?;
            Err(error)
        })?;
        let metadata = file.metadata()?;
        regular(&metadata)?;
        Ok((Box::new(file), Stamp::of_file(&metadata)))
    }
}

/// Opens without waiting for the writer of a named pipe.
#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    File::options().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn regular(metadata: &std::fs::Metadata) -> io::Result<()> {
    if metadata.is_file() {
        Ok(())
    } else {
        let kind = if metadata.is_dir() { "it is a folder" } else { "it is not a regular file" };
        Err(io::Error::new(io::ErrorKind::InvalidInput, kind))
    }
}

impl SourceFile for File {
    fn stamp(&mut self) -> io::Result<Stamp> {
        Ok(Stamp::of_file(&self.metadata()?))
    }

    #[cfg(target_os = "linux")]
    fn read_at_once(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        use rustix::io::{ReadWriteFlags, preadv2};

        /// Stands for the position of the file, which moves on.
        const HERE: u64 = u64::MAX;
        // Some file systems cannot tell, and some sandboxes forbid to ask; a real error meets whoever reads and waits.
        preadv2(self, &mut [io::IoSliceMut::new(buf)], HERE, ReadWriteFlags::NOWAIT)
            .map_err(|_| io::ErrorKind::WouldBlock.into())
    }
}

impl SourceFile for Cursor<Bytes> {
    fn stamp(&mut self) -> io::Result<Stamp> {
        Ok(Stamp::of_size(self.get_ref().len() as u64))
    }

    fn read_at_once(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.read(buf)
    }
}

/// A view of a shared reader with a position of its own.
struct Shared {
    reader: SharedReader,
    position: u64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, dyn ReadSeek + 'static> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Shared {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let position = self.position;
        let mut reader = self.lock();
        reader.seek(SeekFrom::Start(position))?;
        let n = reader.read(buf)?;
        drop(reader);
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for Shared {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        self.position = match target {
            SeekFrom::Start(position) => position,
            SeekFrom::End(offset) => self.lock().seek(SeekFrom::End(offset))?,
            SeekFrom::Current(offset) => self
                .position
                .checked_add_signed(offset)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the beginning"))?,
        };
        Ok(self.position)
    }
}

impl SourceFile for Shared {
    fn stamp(&mut self) -> io::Result<Stamp> {
        Ok(Stamp::of_size(self.lock().seek(SeekFrom::End(0))?))
    }
}

impl AddSource {
    /// Opens the content at its beginning, and says its state.
    pub(crate) fn open(&self, files: &dyn Files) -> io::Result<(Box<dyn SourceFile>, Stamp)> {
        let mut source: Box<dyn SourceFile> = match self {
            Self::Path(path) => return files.open(path),
            Self::Bytes(bytes) => Box::new(Cursor::new(bytes.clone())),
            Self::Reader(reader) => Box::new(Shared { reader: Arc::clone(reader), position: 0 }),
        };
        let stamp = source.stamp()?;
        Ok((source, stamp))
    }
}

/// Reads until `buf` is full or the source ends.
pub(crate) fn read_full(source: &mut dyn Read, buf: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    fill(buf, &mut filled, |rest| source.read(rest))?;
    Ok(filled)
}

/// Reads into `buf` behind the `filled` bytes that are there, until it is full or `read` gives nothing. After an error, what was
/// read counts.
pub(crate) fn fill(
    buf: &mut [u8],
    filled: &mut usize,
    mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
) -> io::Result<()> {
    while let Some(rest) = buf.get_mut(*filled..).filter(|rest| !rest.is_empty()) {
        match read(rest) {
            Ok(0) => break,
            Ok(n) => *filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The first `limit` bytes of an open source.
pub(crate) fn head_of(file: &mut dyn SourceFile, limit: usize) -> io::Result<Vec<u8>> {
    let mut head = vec![0; limit];
    let n = read_full(file, &mut head)?;
    head.truncate(n);
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_reader_is_read_from_its_beginning_by_everyone() {
        let mut cursor = Cursor::new(b"hello".to_vec());
        cursor.set_position(3);
        let source = AddSource::reader(cursor);
        let open = || source.open(&SystemFiles).unwrap();
        let ((mut a, stamp), (mut b, _)) = (open(), open());
        let mut first = [0; 2];
        a.read_exact(&mut first).unwrap();
        let mut all = String::new();
        b.read_to_string(&mut all).unwrap();
        let mut rest = String::new();
        a.read_to_string(&mut rest).unwrap();
        assert_eq!((&first[..], all.as_str(), rest.as_str()), (&b"he"[..], "hello", "llo"));
        assert_eq!((stamp, a.stamp().unwrap()), (Stamp::of_size(5), Stamp::of_size(5)));
    }

    #[test]
    fn reading_goes_on_where_reading_at_once_has_ended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, b"hello").unwrap();
        for source in [
            AddSource::from(path),
            AddSource::from(b"hello".to_vec()),
            AddSource::reader(Cursor::new(*b"hello")),
        ] {
            let (mut source, _) = source.open(&SystemFiles).unwrap();
            let mut content = vec![0; 2];
            match source.read_at_once(&mut content) {
                Ok(read) => content.truncate(read),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    content.clear();
                }
            }
            source.read_to_end(&mut content).unwrap();
            assert_eq!(content, b"hello");
        }
    }

    #[test]
    fn a_folder_is_not_a_source() {
        let dir = tempfile::tempdir().unwrap();
        let error = SystemFiles.open(dir.path()).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
