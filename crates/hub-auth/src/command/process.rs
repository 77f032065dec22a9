//! One call of a program: bounded output, and killed with all that it has started when nobody waits for it any more.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::token::Token;

/// The most that a program may write to standard output, in bytes.
const MAX_OUTPUT: usize = 64 * 1024;

/// How much of standard error is kept, in bytes; the rest is read and dropped.
const MAX_COMPLAINT: usize = 4096;

/// The most characters of standard error that an error shows.
const MAX_SHOWN: usize = 200;

/// The lines `key=value` that a program wrote.
pub(super) struct Said(Vec<(String, Zeroizing<String>)>);

impl Said {
    /// The last value of the key.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn parse(output: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(output).map_err(|_| "what it wrote is not text".to_owned())?;
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() {
                break;
            }
            // The line may hold the token and is not repeated.
            let (key, value) = line
                .split_once('=')
                .ok_or_else(|| format!("line {number} that it wrote is not key=value"))?;
            lines.push((key.to_owned(), Zeroizing::new(value.to_owned())));
        }
        Ok(Self(lines))
    }
}

/// The program that runs now. Dropping it kills the program, or keeps it from being started.
#[derive(Default)]
pub(super) struct Running(Arc<Mutex<State>>);

#[derive(Default)]
pub(super) struct State {
    child: Option<Child>,
    ended: bool,
}

impl Running {
    pub(super) fn share(&self) -> Arc<Mutex<State>> {
        Arc::clone(&self.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&self.0);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills the program and its children. The thread that reads its output notices the end, and reaps it.
fn end(state: &Mutex<State>) {
    let mut state = lock(state);
    state.ended = true;
    if let Some(child) = &mut state.child {
        #[cfg(unix)]
        if let Ok(id) = i32::try_from(child.id())
            && let Some(group) = rustix::process::Pid::from_raw(id)
        {
            // Fails only when all of them have ended.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.kill();
    }
}

/// What to run, and what to tell it.
pub(super) struct Call {
    pub(super) program: OsString,
    pub(super) arguments: Vec<OsString>,
    pub(super) variables: Vec<(OsString, OsString)>,
    pub(super) input: Zeroizing<String>,
    /// What must not show in an error, should the program repeat it.
    pub(super) secret: Option<Token>,
    pub(super) running: Arc<Mutex<State>>,
}

impl Call {
    /// Runs the program to its end. Blocks.
    pub(super) fn run(self) -> Result<Said, String> {
        let (mut stdin, mut stdout, mut stderr) = self.start()?;
        let (written, output, complaint) = std::thread::scope(|scope| {
            let complaint = scope.spawn(move || complaint_in(&mut stderr));
            // Smaller than what a pipe holds, so that a program that reads nothing holds up nothing.
            let written = stdin.write_all(self.input.as_bytes());
            drop(stdin);
            // Reserved whole, so that growing never leaves an unwiped copy behind.
            let mut output = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT + 1));
            let limit = u64::try_from(MAX_OUTPUT + 1).unwrap_or(u64::MAX);
            let read = (&mut stdout).take(limit).read_to_end(&mut output);
            if output.len() > MAX_OUTPUT || read.is_err() {
                end(&self.running);
            }
            (written, read.map(|_| output), complaint.join().unwrap_or_default())
        });
        let output = output.map_err(|error| format!("its output cannot be read: {error}"))?;
        let status = self.reap()?;
        if output.len() > MAX_OUTPUT {
            return Err(format!("it wrote more than {} KiB", MAX_OUTPUT / 1024));
        }
        if !status.success() {
            let said = Said::parse(&output).ok();
            let shown = said.as_ref().and_then(|said| said.value("password"));
            return Err(format!("it ended with {status}{}", self.shown(&complaint, shown)));
        }
        match written {
            // One that has its response ready need not read the question.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(format!("it cannot be told what is wanted: {error}"))
            }
            _ => Said::parse(&output),
        }
    }

    fn start(
        &self,
    ) -> Result<(std::process::ChildStdin, std::process::ChildStdout, std::process::ChildStderr), String>
    {
        let mut state = lock(&self.running);
        if state.ended {
            return Err("nobody waits for it any more".to_owned());
        }
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "there is no such program".to_owned(),
            _ => format!("it does not start: {error}"),
        })?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        state.child = Some(child);
        match pipes {
            (Some(stdin), Some(stdout), Some(stderr)) => Ok((stdin, stdout, stderr)),
            _ => Err("it has no pipes".to_owned()),
        }
    }

    /// Waits for the end without holding the lock, so that the program can be killed meanwhile.
    fn reap(&self) -> Result<ExitStatus, String> {
        let mut pause = Duration::from_micros(200);
        loop {
            {
                let mut state = lock(&self.running);
                let Some(child) = &mut state.child else { return Err("it was not started".to_owned()) };
                if let Some(status) =
                    child.try_wait().map_err(|error| format!("its end is not known: {error}"))?
                {
                    // Its number may be given to another process from now on.
                    state.child = None;
                    return Ok(status);
                }
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// The first line of standard error, for people, without secrets.
    fn shown(&self, complaint: &[u8], password: Option<&str>) -> String {
        let text = String::from_utf8_lossy(complaint);
        let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let secrets = self.secret.as_ref().map(Token::reveal).into_iter().chain(password);
        let line = secrets
            .filter(|secret| !secret.is_empty())
            .fold(line.to_owned(), |line, secret| line.replace(secret, "***"));
        let line: String = line.chars().filter(|c| !c.is_control()).take(MAX_SHOWN).collect();
        if line.is_empty() { line } else { format!(": {line}") }
    }
}

fn complaint_in(stderr: &mut impl Read) -> Vec<u8> {
    let mut kept = Vec::new();
    let limit = u64::try_from(MAX_COMPLAINT).unwrap_or(u64::MAX);
    // Whatever cannot be read is missing in a message only.
    let _ = stderr.take(limit).read_to_end(&mut kept);
    let _ = io::copy(stderr, &mut io::sink());
    kept
}
