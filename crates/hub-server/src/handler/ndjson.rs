//! Lines out of pieces: newline-delimited JSON as it comes over the network.

use bytes::{Buf, Bytes, BytesMut};

/// The longest line, in bytes. A file of 10 MiB takes 13.4 MiB in base64.
pub(crate) const MAX_LINE: usize = 16 << 20;

/// A line is longer than [`MAX_LINE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineTooLong;

/// Cuts pieces into lines; holds at most one line that is not complete.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    rest: BytesMut,
}

impl Lines {
    /// Takes the next piece and gives every line that it completes, without its line feed.
    pub(crate) fn push<E>(
        &mut self,
        mut piece: Bytes,
        mut line: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<LineTooLong>,
    {
        while let Some(end) = memchr::memchr(b'\n', &piece) {
            let last = piece.split_to(end);
            piece.advance(1);
            if self.rest.is_empty() {
                check(last.len())?;
                line(&last)?;
            } else {
                check(self.rest.len() + last.len())?;
                self.rest.extend_from_slice(&last);
                let whole = self.rest.split();
                line(&whole)?;
            }
        }
        check(self.rest.len() + piece.len())?;
        self.rest.extend_from_slice(&piece);
        Ok(())
    }

    /// What is left at the end: a last line without a line feed.
    pub(crate) fn finish(self) -> BytesMut {
        self.rest
    }
}

fn check(length: usize) -> Result<(), LineTooLong> {
    if length > MAX_LINE { Err(LineTooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[Bytes]) -> Result<Vec<Vec<u8>>, LineTooLong> {
        let mut found = Vec::new();
        let mut lines = Lines::default();
        for piece in pieces {
            lines.push(piece.clone(), |line| {
                found.push(line.to_vec());
                Ok::<_, LineTooLong>(())
            })?;
        }
        let rest = lines.finish();
        if !rest.is_empty() {
            found.push(rest.to_vec());
        }
        Ok(found)
    }

    #[test]
    fn a_line_that_never_ends_is_refused() {
        let piece = Bytes::from(vec![b'x'; MAX_LINE / 2 + 1]);
        assert_eq!(split(std::slice::from_ref(&piece)).unwrap().len(), 1);
        assert_eq!(split(&[piece.clone(), piece]), Err(LineTooLong));
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_they_are_cut(text in "[a-c\n]{0,60}", cuts in proptest::collection::vec(0usize..60, 0..6)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut start = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                pieces.push(Bytes::copy_from_slice(&text.as_bytes()[start..cut]));
                start = cut;
            }
            let mut expected: Vec<Vec<u8>> = text.split('\n').map(|line| line.as_bytes().to_vec()).collect();
            if expected.last().is_some_and(Vec::is_empty) {
                expected.pop();
            }
            prop_assert_eq!(split(&pieces).unwrap(), expected);
        }
    }
}
