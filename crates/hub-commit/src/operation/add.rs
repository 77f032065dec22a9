//! [`CommitOperationAdd`]: a file that is added or replaced.

use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{MAIN_SEPARATOR, MAIN_SEPARATOR_STR, Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use hub_types::progress::{Event, Phase, Progress};
use hub_types::{ParseError, SafeRelPath, base64};

use crate::CommitError;
use crate::error::SourceProblem;
use crate::operation::path::{content_path, no_cache};
use crate::source::{AddSource, Files, SourceFile, Stamp, SystemFiles};

/// Adds a file, or replaces it. Python: `CommitOperationAdd`.
#[derive(Debug, Clone)]
pub struct CommitOperationAdd {
    path: SafeRelPath,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Given(Box<AddSource>),
    /// What a file of the Hub has.
    Copied(Box<AddSource>),
    InFolder(Arc<Folder>),
}

/// A folder whose files are added. It may have hundreds of thousands: none keeps its path on the machine.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// What the paths of its files in the repository have in front of those in the folder.
    pub(crate) prefix: String,
}

impl Folder {
    /// The file that is added as `path_in_repo`.
    fn file(&self, path_in_repo: &str) -> PathBuf {
        let inside = path_in_repo.strip_prefix(&self.prefix).unwrap_or(path_in_repo);
        if MAIN_SEPARATOR == '/' {
            self.path.join(inside)
        } else {
            self.path.join(inside.replace('/', MAIN_SEPARATOR_STR))
        }
    }
}

impl CommitOperationAdd {
    /// Adds what `source` holds as `path_in_repo`. One leading `/`, then one leading `./`, are dropped from the path.
    ///
    /// ```
    /// use hub_commit::CommitOperationAdd;
    /// let add = CommitOperationAdd::new("./notes.txt", b"hello".as_slice())?;
    /// assert_eq!(add.path_in_repo(), "notes.txt");
    /// assert_eq!(add.b64content()?, "aGVsbG8=");
    /// # Ok::<(), hub_commit::CommitError>(())
    /// ```
    ///
    /// # Errors
    /// [`CommitError::InvalidOperation`] for a path that cannot be in a repository: empty, absolute, with `.`, `..`,
    /// `.git` or `.cache` as a part, or with control characters. [`CommitError::Sources`] for a source path that is not
    /// an existing regular file.
    pub fn new(path_in_repo: &str, source: impl Into<AddSource>) -> Result<Self, CommitError> {
        let source = source.into();
        let path_in_repo = content_path(path_in_repo)?;
        if let AddSource::Path(path) = &source {
            let problem = match std::fs::metadata(path) {
                Ok(metadata) if metadata.is_file() => None,
                Ok(_) => Some(SourceProblem::NotRegular { path: path.clone() }),
                Err(error) => Some(SourceProblem::from_io(path.clone(), error)),
            };
            if let Some(problem) = problem {
                return Err(CommitError::Sources(vec![problem]));
            }
        }
        Ok(Self { path: path_in_repo, content: Content::Given(source.into()) })
    }

    /// Adds the content of a file of the Hub.
    pub(crate) fn copied(path_in_repo: &str, content: Bytes) -> Result<Self, CommitError> {
        let content = Content::Copied(Box::new(AddSource::Bytes(content)));
        Ok(Self { path: content_path(path_in_repo)?, content })
    }

    /// Whether it stands for a copy. The server decides how it travels, and not whether: `.gitignore` is about what comes
    /// from elsewhere.
    pub(crate) fn is_copied(&self) -> bool {
        matches!(self.content, Content::Copied(_))
    }

    /// Adds what is a regular file at `inside` in `folder`, with `/` between its parts.
    pub(crate) fn in_folder(folder: &Arc<Folder>, inside: &str) -> Result<Self, CommitError> {
        let path = format!("{}{inside}", folder.prefix).parse();
        let path = path.map_err(|error: ParseError| CommitError::invalid(error.to_string()))?;
        Ok(Self { path: no_cache(path)?, content: Content::InFolder(Arc::clone(folder)) })
    }

    /// Where the file goes, from the root of the repository, with `/` between its parts.
    pub fn path_in_repo(&self) -> &str {
        self.path.as_str()
    }

    /// Where its content comes from.
    pub fn source(&self) -> AddSource {
        match &self.content {
            Content::Given(source) | Content::Copied(source) => AddSource::clone(source),
            Content::InFolder(folder) => folder.file(self.path_in_repo()).into(),
        }
    }

    /// The file that has the content, if one has it.
    pub(crate) fn file(&self) -> Option<Cow<'_, Path>> {
        match &self.content {
            Content::Given(source) | Content::Copied(source) => match &**source {
                AddSource::Path(path) => Some(path.into()),
                AddSource::Bytes(_) | AddSource::Reader(_) => None,
            },
            Content::InFolder(folder) => Some(folder.file(self.path_in_repo()).into()),
        }
    }

    /// Opens the content at its beginning, and says its state.
    pub(crate) fn open(&self, files: &dyn Files) -> io::Result<(Box<dyn SourceFile>, Stamp)> {
        match &self.content {
            Content::Given(source) | Content::Copied(source) => source.open(files),
            Content::InFolder(folder) => files.open(&folder.file(self.path_in_repo())),
        }
    }

    /// The content in standard base64 with padding and without line breaks, all in memory.
    ///
    /// # Errors
    /// [`CommitError::Sources`] when it cannot be read.
    pub fn b64content(&self) -> Result<String, CommitError> {
        let read = || {
            let mut content = Vec::new();
            self.open(&SystemFiles)?.0.read_to_end(&mut content).map(|_| content)
        };
        read().map(|content| base64::encode(&content)).map_err(|error| self.problem(error))
    }

    /// Opens the content at its beginning. The position of a shared reader is put back when the result is dropped.
    ///
    /// With `progress`, every read reports how far the file has come, as [`Phase::Uploading`].
    ///
    /// # Errors
    /// [`CommitError::Sources`] when it cannot be opened.
    pub fn as_file(
        &self,
        progress: Option<Arc<dyn Progress>>,
    ) -> Result<impl Read + Seek + use<>, CommitError> {
        AsFile::open(self, progress).map_err(|error| self.problem(error))
    }

    pub(crate) fn problem(&self, error: io::Error) -> CommitError {
        CommitError::Sources(vec![self.source_problem(error)])
    }

    /// A failure to open or read the content, as a problem that names the file.
    pub(crate) fn source_problem(&self, error: io::Error) -> SourceProblem {
        let path = self.file().unwrap_or_else(|| Path::new(self.path_in_repo()).into());
        SourceProblem::from_io(path.into_owned(), error)
    }
}

/// What [`CommitOperationAdd::as_file`] gives.
struct AsFile {
    path: String,
    file: Box<dyn SourceFile>,
    size: u64,
    position: u64,
    progress: Option<Arc<dyn Progress>>,
    restore: Option<(crate::source::SharedReader, u64)>,
}

impl AsFile {
    fn open(add: &CommitOperationAdd, progress: Option<Arc<dyn Progress>>) -> io::Result<Self> {
        let restore = match add.source() {
            AddSource::Reader(reader) => {
                let before = lock(&reader).stream_position()?;
                Some((reader, before))
            }
            AddSource::Path(_) | AddSource::Bytes(_) => None,
        };
        let (file, Stamp { size, .. }) = add.open(&SystemFiles)?;
        Ok(Self { path: add.path_in_repo().to_owned(), file, size, position: 0, progress, restore })
    }
}

fn lock(
    reader: &crate::source::SharedReader,
) -> std::sync::MutexGuard<'_, dyn crate::source::ReadSeek + 'static> {
    reader.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Read for AsFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buf)?;
        self.position += n as u64;
        if let Some(progress) = &self.progress {
            let (path, position, total) = (self.path.as_str(), self.position, self.size);
            progress.event(&Event::File { phase: Phase::Uploading, path, position, total });
        }
        Ok(n)
    }
}

impl Seek for AsFile {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        self.position = self.file.seek(target)?;
        Ok(self.position)
    }
}

impl Drop for AsFile {
    fn drop(&mut self) {
        if let Some((reader, position)) = &self.restore {
            // Nobody is left to tell; the next reader seeks for itself and meets the error again.
            let _ = lock(reader).seek(SeekFrom::Start(*position));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn paths_that_cannot_be_in_a_repository_are_refused() {
        for wrong in [
            "",
            "/",
            "..",
            "a/../b",
            "a//b",
            ".git/config",
            "x/.GIT/y",
            ".cache/huggingface/x",
            "a/.cache/b",
            "a\nb",
        ] {
            let error = CommitOperationAdd::new(wrong, b"x".as_slice()).unwrap_err();
            assert!(matches!(error, CommitError::InvalidOperation(_)), "{wrong:?}: {error}");
        }
    }

    #[test]
    fn a_missing_file_or_a_folder_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let missing = CommitOperationAdd::new("a", dir.path().join("no")).unwrap_err();
        assert!(missing.to_string().ends_with("does not exist"), "{missing}");
        let folder = CommitOperationAdd::new("a", dir.path()).unwrap_err();
        assert!(folder.to_string().ends_with("is not a regular file"), "{folder}");
    }

    #[test]
    fn a_reader_is_rewound_and_its_position_put_back() {
        let shared = Arc::new(Mutex::new(Cursor::new(b"hello".to_vec())));
        shared.lock().unwrap().set_position(2);
        let add = CommitOperationAdd::new("a", AddSource::Reader(shared.clone())).unwrap();
        let mut text = String::new();
        add.as_file(None).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), shared.lock().unwrap().position()), ("hello", 2));
        assert_eq!(add.b64content().unwrap(), "aGVsbG8=");
    }

    #[test]
    fn reading_reports_how_far_the_file_has_come() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let progress = move |event: &Event<'_>| {
            if let Event::File { position, total, .. } = event {
                sink.lock().unwrap().push((*position, *total));
            }
        };
        let add = CommitOperationAdd::new("a", b"hello".as_slice()).unwrap();
        add.as_file(Some(Arc::new(progress))).unwrap().read_exact(&mut [0; 3]).unwrap();
        assert_eq!(*seen.lock().unwrap(), [(3, 5)]);
    }
}
