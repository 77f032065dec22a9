//! What the hook of a push cannot judge itself: the metadata of cards, which a commit through the API is checked for too.
//!
//! The hook writes each `README.md` that is new to a branch into the folder of the push, asks by a byte in the pipe `asked`, and waits for a
//! line in the pipe `answered`. What is wrong is in the file `refused` by then. Here both pipes are open at both ends for as long as the push
//! goes on, so that the hook opens them at once; when this process ends, the hook reads the end of its pipe and gives up.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use hub_types::RepoType;

use super::{Result, StoreError, disk::entries};
use crate::card;

/// What the hook says when it asks, and what is said when the push is over.
const ASKED: &[u8; 1] = b"?";
const OVER: &[u8; 1] = b".";

/// A push whose hook may ask. Its end frees the thread that waits for the question.
#[derive(Debug)]
pub(super) struct Questions {
    asked: File,
    /// Keeps what is answered in the pipe until the hook reads it.
    _answered: File,
}

impl Questions {
    /// Makes the pipes in the folder of a push, and waits at one for the hook of a repository of this type.
    pub(super) fn expect(folder: &Path, repo_type: RepoType) -> Result<Self> {
        let pipes = ["asked", "answered"].map(|name| folder.join(name));
        let failed = StoreError::io("make pipes in", folder);
        let [asked, answered] = make(&pipes).map_err(failed)?;
        let wait = || {
            let (mut questions, mut answers) = (asked.try_clone()?, answered.try_clone()?);
            let folder = folder.to_path_buf();
            thread::Builder::new().name("push".to_owned()).spawn(move || {
                let mut said = [0];
                if questions.read_exact(&mut said).is_ok() && said == *ASKED {
                    let answer = match judge(&folder, repo_type) {
                        Ok(()) => "checked\n",
                        Err(error) => {
                            tracing::warn!(%error, "the cards of a push cannot be read");
                            "failed\n"
                        }
                    };
                    // Where nobody can be answered any more, the push has failed.
                    let _ = answers.write_all(answer.as_bytes());
                }
            })
        };
        wait().map_err(StoreError::io("wait for a hook in", folder))?;
        Ok(Self { asked, _answered: answered })
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        let _ = self.asked.write_all(OVER);
    }
}

fn make(pipes: &[PathBuf; 2]) -> io::Result<[File; 2]> {
    let status = Command::new("mkfifo").args(pipes).stdin(Stdio::null()).stderr(Stdio::null()).status()?;
    if !status.success() {
        return Err(io::Error::other(format!("mkfifo ended with {status}")));
    }
    let open = |pipe| File::options().read(true).write(true).open(pipe);
    let [asked, answered] = pipes;
    Ok([open(asked)?, open(answered)?])
}

/// Writes down what is wrong with the first card that has a fault.
fn judge(folder: &Path, repo_type: RepoType) -> Result<()> {
    for card in entries(&folder.join("cards"))? {
        let content = fs::read(&card).map_err(StoreError::io("read", &card))?;
        if let Some(fault) = card::refusal(repo_type, &content) {
            let refused = folder.join("refused");
            return fs::write(&refused, fault).map_err(StoreError::io("write", &refused));
        }
    }
    Ok(())
}
