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
