//! The two streams that the program writes to. Nothing else in it writes to them.

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal, Stderr, Write},
};

use crate::{failure::Failure, shown::for_terminal};

/// Writes a result and a line end to stdout.
///
/// # Errors
/// A reader that went away, such as `head`, is a failure that says nothing; a full device is one that is told.
pub(crate) fn result(text: &str) -> Result<(), Failure> {
    lines(&format!("{text}\n"))
}

/// As [`result`], for what brings its own line ends. A terminal gets nothing of it that it would obey.
pub(crate) fn lines(text: &str) -> Result<(), Failure> {
    match io::stdout().is_terminal() {
        true => bytes(for_terminal(text).as_bytes()),
        false => bytes(text.as_bytes()),
    }
}

/// As [`lines`], for what this program has written itself.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::unheard()),
        Err(error) => Err(Failure::other("cannot write the result to stdout", error)),
    }
}

/// Content of files on its way to stdout, as it is. A terminal gets it as text, and nothing of it that it would obey.
pub(crate) struct Content {
    is_terminal: bool,
    /// The beginning of a character whose other bytes have not come.
    rest: Vec<u8>,
}

impl Content {
    pub(crate) fn new() -> Self {
        Self { is_terminal: io::stdout().is_terminal(), rest: Vec::new() }
    }

    pub(crate) fn write(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        if !self.is_terminal {
            return bytes(chunk);
        }
        self.rest.extend_from_slice(chunk);
        let whole = self.rest.len() - unfinished(&self.rest);
        let text: Vec<u8> = self.rest.drain(..whole).collect();
        lines(&String::from_utf8_lossy(&text))
    }

    /// Writes what is left at the end of a file.
    pub(crate) fn end(&mut self) -> Result<(), Failure> {
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() { Ok(()) } else { lines(&String::from_utf8_lossy(&rest)) }
    }
}

/// How many bytes at the end are the beginning of a character.
fn unfinished(text: &[u8]) -> usize {
    for (before, byte) in text.iter().rev().take(3).enumerate() {
        let length = match byte {
            0..=0x7f => return 0,
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
        };
        return if before + 1 < length { before + 1 } else { 0 };
    }
    0
}

/// Tells a person something on stderr. That nobody can be told stops no command.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(Log(io::stderr()), "{text}");
}

/// As [`note`], and leaves the cursor behind the text, for a response.
pub(crate) fn question(text: impl Display) {
    let _ = write!(Log(io::stderr()), "{text}");
}

/// Where warnings go. Writing never fails, so that a lost stderr is not reported to stderr.
pub(crate) fn log() -> Log {
    Log(io::stderr())
}

/// See [`log`].
pub(crate) struct Log(Stderr);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = match self.0.is_terminal() {
            true => self.0.write_all(for_terminal(&String::from_utf8_lossy(bytes)).as_bytes()),
            false => self.0.write_all(bytes),
        };
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_comes_in_two_pieces_is_waited_for() {
        for (text, waits) in [
            (&b"abc"[..], 0),
            ("a\u{e9}".as_bytes(), 0),
            (&b"a\xc3"[..], 1),
            (&b"\xe2\x82"[..], 2),
            (&b"\xf0\x9f\x98"[..], 3),
            ("\u{1f600}".as_bytes(), 0),
            (&b"\x80\x80\x80\x80"[..], 0),
            (&b""[..], 0),
        ] {
            assert_eq!(unfinished(text), waits, "{text:?}");
        }
    }
}
