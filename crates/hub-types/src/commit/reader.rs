//! Reading the body of a commit, for servers.

use super::CommitLine;

/// The longest line of a commit that a [`CommitReader`] takes unless told otherwise, in bytes. A file of 10 MiB takes 13.4 MiB in
/// base64.
pub const MAX_LINE: usize = 16 << 20;

/// Reads the body of a commit as it comes over the network, in pieces that are cut anywhere.
///
/// It holds at most one line that is not complete, and checks what the protocol says of the whole: the header is the first line,
/// and the only one. Empty lines are passed over.
///
/// ```
/// use hub_types::commit::{CommitBodyError, CommitLine, CommitReader};
///
/// let mut reader = CommitReader::new();
/// let mut paths = Vec::new();
/// let mut take = |line: CommitLine<'_>| {
///     if let CommitLine::DeletedFile(deleted) = line {
///         paths.push(deleted.path);
///     }
///     Ok::<_, CommitBodyError>(())
/// };
/// reader.push(b"{\"key\":\"header\",\"value\":{\"summary\":\"Tidy up\"}}\n{\"key\":\"del", &mut take)?;
/// reader.push(b"etedFile\",\"value\":{\"path\":\"a.txt\"}}", &mut take)?;
/// reader.finish(&mut take)?;
/// assert_eq!(paths, ["a.txt"]);
/// # Ok::<(), CommitBodyError>(())
/// ```
#[derive(Debug)]
pub struct CommitReader {
    /// The beginning of a line.
    rest: Vec<u8>,
    /// Lines that were read.
    line: usize,
    has_header: bool,
    longest: usize,
}

/// What is wrong with the body of a commit. Servers answer 400.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitBodyError {
    /// A line does not end in time.
    #[error("line {line} of the commit is longer than {limit} bytes: send large files to LFS")]
    LineTooLong {
        /// Which line, from 1.
        line: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// A line is no [`CommitLine`].
    #[error("Invalid line in the commit: {}, in line {line}", crate::json_problem(reason))]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: serde_json::Error,
    },
    /// Another line comes first, or none at all.
    #[error("the first line of a commit must be its header")]
    NoHeader,
    /// A second header.
    #[error("the commit has two headers")]
    SecondHeader,
}

impl Default for CommitReader {
    fn default() -> Self {
        Self { rest: Vec::new(), line: 0, has_header: false, longest: MAX_LINE }
    }
}

impl CommitReader {
    /// A reader at the beginning of a body.
    pub fn new() -> Self {
        Self::default()
    }

    /// The longest line that is taken, in bytes; [`MAX_LINE`] unless set.
    #[must_use]
    pub fn longest_line(mut self, bytes: usize) -> Self {
        self.longest = bytes;
        self
    }

    /// Takes the next piece and gives every line that it completes.
    ///
    /// # Errors
    /// [`CommitBodyError`], and whatever `take` fails with. Nothing more is to be read after that.
    pub fn push<E: From<CommitBodyError>>(
        &mut self,
        mut piece: &[u8],
        mut take: impl FnMut(CommitLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some((last, after)) =
            memchr::memchr(b'\n', piece).and_then(|end| piece.split_at_checked(end))
        {
            self.check(self.rest.len() + last.len())?;
            if self.rest.is_empty() {
                self.read(last, &mut take)?;
            } else {
                self.rest.extend_from_slice(last);
                let whole = std::mem::take(&mut self.rest);
                self.read(&whole, &mut take)?;
            }
            piece = after.get(1..).unwrap_or_default();
        }
        self.check(self.rest.len() + piece.len())?;
        self.rest.extend_from_slice(piece);
        Ok(())
    }

    /// Ends the body. A last line needs no line feed.
    ///
    /// # Errors
    /// As for [`push`](Self::push), and [`NoHeader`](CommitBodyError::NoHeader) when there was no line at all.
    pub fn finish<E: From<CommitBodyError>>(
        mut self,
        mut take: impl FnMut(CommitLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let rest = std::mem::take(&mut self.rest);
        self.read(&rest, &mut take)?;
        if self.has_header { Ok(()) } else { Err(CommitBodyError::NoHeader.into()) }
    }

    fn check(&self, length: usize) -> Result<(), CommitBodyError> {
        if length > self.longest {
            return Err(CommitBodyError::LineTooLong { line: self.line + 1, limit: self.longest });
        }
        Ok(())
    }

    fn read<E: From<CommitBodyError>>(
        &mut self,
        text: &[u8],
        take: &mut impl FnMut(CommitLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.line += 1;
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        let line = serde_json::from_slice(text)
            .map_err(|reason| CommitBodyError::Line { line: self.line, reason })?;
        match (&line, self.has_header) {
            (CommitLine::Header(_), true) => return Err(CommitBodyError::SecondHeader.into()),
            (CommitLine::Header(_), false) => self.has_header = true,
            (_, false) => return Err(CommitBodyError::NoHeader.into()),
            (_, true) => {}
        }
        take(line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = r#"{"key":"header","value":{"summary":"s"}}"#;

    fn file(path: &str) -> String {
        format!(r#"{{"key":"file","value":{{"path":"{path}","content":"x"}}}}"#)
    }

    /// The paths of the files, in order.
    fn read(reader: CommitReader, pieces: &[&[u8]]) -> Result<Vec<String>, CommitBodyError> {
        let mut paths = Vec::new();
        let mut take = |line: CommitLine<'_>| {
            if let CommitLine::File(file) = line {
                paths.push(file.path);
            }
            Ok::<_, CommitBodyError>(())
        };
        let mut reader = reader;
        for piece in pieces {
            reader.push(piece, &mut take)?;
        }
        reader.finish(&mut take)?;
        Ok(paths)
    }

    #[test]
    fn the_header_is_first_and_the_only_one() {
        let fails = |text: &str| read(CommitReader::new(), &[text.as_bytes()]).unwrap_err().to_string();
        assert_eq!(fails(""), "the first line of a commit must be its header");
        assert_eq!(fails(&file("a")), "the first line of a commit must be its header");
        assert_eq!(fails(&format!("{HEADER}\n{HEADER}")), "the commit has two headers");
        assert!(fails(&format!("{HEADER}\n\n{{}}")).ends_with("in line 3"));
    }

    #[test]
    fn a_line_that_never_ends_is_refused() {
        let text = format!("{HEADER}\n{}", file(&"a".repeat(100)));
        let (first, second) = text.as_bytes().split_at(120);
        let length = text.len() - HEADER.len() - 1;
        assert!(read(CommitReader::new().longest_line(length), &[first, second]).is_ok());
        let error = read(CommitReader::new().longest_line(length - 1), &[first, second]).unwrap_err();
        assert!(matches!(error, CommitBodyError::LineTooLong { line: 2, .. }), "{error}");
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_they_are_cut(
            names in prop::collection::vec("[a-c]{1,4}", 0..6),
            cuts in prop::collection::vec(0usize..300, 0..6),
            ends in any::<bool>(),
        ) {
            let mut text = HEADER.to_owned();
            for name in &names {
                text.push('\n');
                text.push_str(&file(name));
            }
            if ends {
                text.push('\n');
            }
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let (mut pieces, mut start) = (Vec::new(), 0);
            for cut in cuts.into_iter().chain([text.len()]) {
                pieces.push(&text.as_bytes()[start..cut]);
                start = cut;
            }
            prop_assert_eq!(read(CommitReader::new(), &pieces).unwrap(), names);
        }
    }
}
