//! The body of a commit: newline-delimited JSON in which the content of regular files is encoded while it is sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use hub_transport::{Body, Reporter};
use hub_types::base64::{self, encoded_len};
use hub_types::commit::{CommitHeader, CommitLine, DeletedPath, InlineFileLine, LfsFile};
use hub_types::progress::Phase;
use sha2::Digest as _;

use hub_types::hex::encode as hex;

use crate::body::encoded::{self, Fault, Stop, Writer};
use crate::hash::cache::DigestCache;
use crate::hash::digest::{Digests, git_blob};
use crate::job::Job;
use crate::preupload::decision::{Added, Decision};
use crate::source::{Files, Stamp, read_full};
use crate::{CommitError, CommitOperation, CommitOperationAdd, CommitOperationDelete};

/// Bytes of content encoded at once: a multiple of 3, so that padding appears only at the end.
const PIECE: usize = 48 * 1024;

/// One line after the header.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Line<'a> {
    /// A file sent inside the commit. `git` is set by the first complete reading; later ones must agree.
    Regular { add: &'a CommitOperationAdd, stamp: &'a Stamp, git: &'a OnceLock<[u8; 20]> },
    /// A file that is in LFS.
    Lfs { path: &'a str, size: u64, sha256: [u8; 32] },
    /// A deletion.
    Delete(&'a CommitOperationDelete),
}

/// The lines of a commit, from the operations and what becomes of their files, in the order of the operations.
pub(crate) fn lines<'a>(
    operations: &'a [CommitOperation],
    files: &'a [Added],
) -> impl Iterator<Item = Line<'a>> {
    let mut files = files.iter().peekable();
    operations.iter().enumerate().filter_map(move |(index, operation)| {
        let file = files.next_if(|file| file.seen.operation == index);
        match operation {
            CommitOperation::Delete(delete) => Some(Line::Delete(delete)),
            CommitOperation::Copy(copy) => {
                let object = copy.object()?;
                Some(Line::Lfs { path: copy.path_in_repo(), size: object.size, sha256: object.sha256 })
            }
            CommitOperation::Add(add) => {
                let Added { seen, decision, .. } = file?;
                match decision {
                    Decision::Unchanged => None,
                    &Decision::Lfs(sha256) => {
                        Some(Line::Lfs { path: add.path_in_repo(), size: seen.stamp.size, sha256 })
                    }
                    Decision::Regular(git) => Some(Line::Regular { add, stamp: &seen.stamp, git }),
                }
            }
        }
    })
}

/// Everything a commit's body is made of, except its header.
#[derive(Clone)]
pub(crate) struct Payload {
    pub(crate) operations: Arc<Vec<CommitOperation>>,
    /// In the order of their operations.
    pub(crate) added: Arc<Vec<Added>>,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) reporter: Reporter,
    pub(crate) digests: Option<Arc<dyn DigestCache>>,
}

impl Payload {
    /// What a job sends for its operations and these files.
    pub(crate) fn of(job: &Job, added: Arc<Vec<Added>>) -> Self {
        Self {
            operations: Arc::clone(&job.operations),
            added,
            files: Arc::clone(&job.options.files),
            reporter: job.reporter.clone(),
            digests: job.options.digests.clone(),
        }
    }

    /// Everything after the header.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        lines(&self.operations, &self.added)
    }

    /// The body with `header` as its first line. `whole` is set once all of it was produced; before that, no server can
    /// have taken the commit.
    ///
    /// # Errors
    /// [`CommitError::Stopped`] when the header cannot be written as JSON.
    pub(crate) fn body(
        &self,
        header: CommitHeader,
        fault: &Fault,
        whole: &Arc<AtomicBool>,
    ) -> Result<Body, CommitError> {
        let header = json_line(&CommitLine::Header(header))?;
        let len = self.len(&header)?;
        let (payload, whole) = (self.clone(), Arc::clone(whole));
        Ok(encoded::body(len, fault, move |writer| {
            writer.write(header.as_bytes())?;
            payload.lines().try_for_each(|line| payload.write(line, writer))?;
            // The end of the body is not handed on yet: it cannot arrive before this is known.
            whole.store(true, Ordering::SeqCst);
            Ok(())
        }))
    }

    /// How long the body with `header` is.
    ///
    /// # Errors
    /// As for [`Self::body`].
    pub(crate) fn body_len(&self, header: CommitHeader) -> Result<u64, CommitError> {
        self.len(&json_line(&CommitLine::Header(header))?)
    }

    fn len(&self, header: &str) -> Result<u64, CommitError> {
        self.lines().try_fold(header.len() as u64, |len, line| Ok(len + line_len(line)?))
    }

    fn write(&self, line: Line<'_>, writer: &mut Writer) -> Result<(), Stop> {
        match parts(line)? {
            Parts::Whole(text) => writer.write(text.as_bytes()),
            Parts::Inline(frame, add, stamp, git) => {
                writer.write(frame.before().as_bytes())?;
                self.write_content(add, stamp, git, writer)?;
                writer.write(frame.after().as_bytes())
            }
        }
    }

    /// Content that is not what it was makes an error before the line is complete, so no server can take the commit.
    fn write_content(
        &self,
        add: &CommitOperationAdd,
        stamp: &Stamp,
        git: &OnceLock<[u8; 20]>,
        writer: &mut Writer,
    ) -> Result<(), Stop> {
        let changed = || CommitError::SourceChanged { path: add.path_in_repo().to_owned() };
        let problem = |error| add.problem(error);
        let (mut source, opened) = add.open(&*self.files).map_err(problem)?;
        if opened != *stamp {
            return Err(changed().into());
        }
        let mut hash = git_blob(stamp.size);
        let mut buffer = vec![0; PIECE.min(usize::try_from(stamp.size).unwrap_or(PIECE))];
        let mut position = 0;
        self.reporter.file(Phase::Uploading, add.path_in_repo(), position, stamp.size);
        while position < stamp.size {
            let wanted = usize::try_from(stamp.size - position).unwrap_or(PIECE).min(buffer.len());
            let piece = buffer.get_mut(..wanted).unwrap_or_default();
            if read_full(&mut *source, piece).map_err(problem)? < wanted {
                return Err(changed().into());
            }
            hash.update(&*piece);
            let encoded = usize::try_from(encoded_len(wanted as u64)).unwrap_or_default();
            let mut written = None;
            writer.write_with(encoded, |to| written = base64::encode_to(piece, to))?;
            if written != Some(encoded) {
                return Err(CommitError::Stopped("base64 has an unexpected length".into()).into());
            }
            position += wanted as u64;
            self.reporter.file(Phase::Uploading, add.path_in_repo(), position, stamp.size);
        }
        let unchanged = source.stamp().map_err(problem)? == *stamp;
        let id = <[u8; 20]>::from(hash.finalize());
        if !unchanged || *git.get_or_init(|| id) != id {
            return Err(changed().into());
        }
        if let Some((cache, path)) = self.digests.as_deref().zip(add.file()) {
            cache.put(&path, stamp, &Digests::Git(id));
        }
        Ok(())
    }
}

enum Parts<'a> {
    Whole(String),
    Inline(InlineFileLine, &'a CommitOperationAdd, &'a Stamp, &'a OnceLock<[u8; 20]>),
}

fn parts(line: Line<'_>) -> Result<Parts<'_>, CommitError> {
    let whole = |line: CommitLine| json_line(&line).map(Parts::Whole);
    match line {
        Line::Lfs { path, size, sha256 } => {
            whole(CommitLine::LfsFile(LfsFile::new(path, hex(&sha256)).size(size)))
        }
        Line::Regular { add, stamp, git } => {
            Ok(Parts::Inline(InlineFileLine::new(add.path_in_repo()), add, stamp, git))
        }
        Line::Delete(delete) => {
            let deleted = DeletedPath::new(delete.path_in_repo());
            let line = if delete.is_folder() { CommitLine::DeletedFolder } else { CommitLine::DeletedFile };
            whole(line(deleted))
        }
    }
}

fn line_len(line: Line<'_>) -> Result<u64, CommitError> {
    Ok(match parts(line)? {
        Parts::Whole(text) => text.len() as u64,
        Parts::Inline(frame, _, stamp, _) => {
            (frame.before().len() + frame.after().len()) as u64 + encoded_len(stamp.size)
        }
    })
}

fn json_line(line: &CommitLine) -> Result<String, CommitError> {
    let mut text =
        serde_json::to_string(line).map_err(|error| CommitError::Stopped(format!("no JSON: {error}")))?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor, Read, Seek, SeekFrom};

    use http_body::Body as _;
    use http_body_util::BodyExt;
    use hub_types::commit::{Encoding, InlineFile};
    use proptest::prelude::*;

    use super::*;
    use crate::IsFolder;
    use crate::inspect::Seen;
    use crate::source::{AddSource, SystemFiles};

    /// Gives at most `step` bytes a time.
    struct Slow {
        inner: Cursor<Vec<u8>>,
        step: usize,
    }

    impl Read for Slow {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = buf.len().min(self.step);
            self.inner.read(&mut buf[..n])
        }
    }

    impl Seek for Slow {
        fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
            self.inner.seek(target)
        }
    }

    fn file(operation: usize, size: usize, decision: Decision) -> Added {
        let seen = Seen { operation, stamp: Stamp::of_size(size as u64) };
        Added { decision, ..seen.into() }
    }

    fn regular(operation: usize, size: usize) -> Added {
        file(operation, size, Decision::Regular(OnceLock::new()))
    }

    fn payload(operations: Vec<CommitOperation>, added: Vec<Added>) -> Payload {
        Payload {
            operations: operations.into(),
            added: added.into(),
            files: Arc::new(SystemFiles),
            reporter: Reporter::default(),
            digests: None,
        }
    }

    fn header() -> CommitHeader {
        CommitHeader::new("s\n\"q\"").description("d")
    }

    async fn text_of(payload: &Payload) -> String {
        let body = payload.body(header(), &Fault::default(), &Arc::default()).unwrap();
        let announced = body.size_hint().exact().unwrap();
        let bytes = body.collect().await.unwrap().to_bytes();
        assert_eq!(announced, bytes.len() as u64);
        assert!(bytes.ends_with(b"\n"));
        String::from_utf8(bytes.into()).unwrap()
    }

    fn lines_in(text: &str) -> Vec<CommitLine<'_>> {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn every_operation_that_changes_something_is_one_line_in_the_order_given() {
        let operations = vec![
            CommitOperationDelete::new("old/", IsFolder::Auto).unwrap().into(),
            CommitOperationAdd::new("w.bin", b"x".as_slice()).unwrap().into(),
            CommitOperationAdd::new("same", b"x".as_slice()).unwrap().into(),
            CommitOperationAdd::new("ignored", b"x".as_slice()).unwrap().into(),
            CommitOperationAdd::new("a.txt", b"hi".as_slice()).unwrap().into(),
            CommitOperationDelete::new("b.txt", IsFolder::File).unwrap().into(),
        ];
        let files =
            vec![file(1, 1, Decision::Lfs([0xab; 32])), file(2, 1, Decision::Unchanged), regular(4, 2)];
        assert_eq!(
            lines_in(&text_of(&payload(operations, files)).await),
            [
                CommitLine::Header(header()),
                CommitLine::DeletedFolder(DeletedPath::new("old")),
                CommitLine::LfsFile(LfsFile::new("w.bin", "ab".repeat(32)).size(1)),
                CommitLine::File(InlineFile::new("a.txt", "aGk=").encoding(Encoding::Base64)),
                CommitLine::DeletedFile(DeletedPath::new("b.txt")),
            ]
        );
    }

    #[tokio::test]
    async fn content_that_changes_between_two_sendings_ends_the_second() {
        let shared = Arc::new(std::sync::Mutex::new(Cursor::new(b"abc".to_vec())));
        let add = CommitOperationAdd::new("a", AddSource::Reader(shared.clone())).unwrap();
        let payload = payload(vec![add.into()], vec![regular(0, 3)]);
        let fault = Fault::default();
        let body = payload.body(header(), &fault, &Arc::default()).unwrap();
        let again = body.try_clone().unwrap();
        body.collect().await.unwrap();
        *shared.lock().unwrap() = Cursor::new(b"abd".to_vec());
        let result = fault.guard(again.collect()).await;
        assert!(matches!(result, Err(CommitError::SourceChanged { path }) if path == "a"));
    }

    #[tokio::test]
    async fn content_across_chunks_is_encoded_without_inner_padding() {
        for size in [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 2] {
            let content: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            let source = AddSource::reader(Slow { inner: Cursor::new(content.clone()), step: 7777 });
            let add = CommitOperationAdd::new("a", source).unwrap();
            let text = text_of(&payload(vec![add.into()], vec![regular(0, size)])).await;
            let [_, CommitLine::File(file)] = &lines_in(&text)[..] else { panic!("{}", text.len()) };
            assert!(base64::decode(&file.content).unwrap() == content, "{size}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_content_and_path_survive(
            files in proptest::collection::vec(("[^\\p{Cc}/.\\\\:~]{1,12}", proptest::collection::vec(any::<u8>(), 0..300), 1usize..50), 0..5)
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let operations: Vec<CommitOperation> = files
                .iter()
                .map(|(path, content, step)| {
                    let source = AddSource::reader(Slow { inner: Cursor::new(content.clone()), step: *step });
                    CommitOperationAdd::new(path, source).unwrap().into()
                })
                .collect();
            let added = files.iter().enumerate().map(|(i, (_, content, _))| regular(i, content.len())).collect();
            let sent = runtime.block_on(text_of(&payload(operations, added)));
            let expected = files.iter().map(|(path, content, _)| {
                CommitLine::File(InlineFile::new(path, base64::encode(content)).encoding(Encoding::Base64))
            });
            prop_assert!(lines_in(&sent).into_iter().skip(1).eq(expected));
        }
    }
}
