//! What a program changes on disk, written down while it runs: `recorder.c` between the program and the C library.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// One change below the folder that is watched, in the order in which they were made. Paths are absolute.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Create { inode: u64, path: PathBuf },
    Write { inode: u64, offset: usize, bytes: Vec<u8> },
    Size { inode: u64, length: usize },
    Sync { inode: u64 },
    SyncFolder { path: PathBuf },
    Rename { from: PathBuf, to: PathBuf },
    Link { from: PathBuf, to: PathBuf },
    Symlink { path: PathBuf, target: String },
    Unlink { path: PathBuf },
    MakeFolder { path: PathBuf },
    RemoveFolder { path: PathBuf },
}

/// The library, compiled once for a process.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/durable/recorder.c");
        let library =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("recorder-{}.so", std::process::id()));
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl");
        let output = compiler.output().expect("a C compiler, which the build needs as well");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        library
    })
}

/// Writes down what `command` changes below `root` into `log`.
pub(crate) fn watch(command: &mut Command, root: &Path, log: &Path) {
    command.env("LD_PRELOAD", library()).env("HUB_RECORD_ROOT", root).env("HUB_RECORD_LOG", log);
}

/// Kills `command`, which is watched, instead of its change `number`, from 1.
pub(crate) fn kill_at(command: &mut Command, number: usize) {
    command.env("HUB_KILL_AT", number.to_string());
}

/// The changes, each with the length of the log behind it.
pub(crate) fn changes(log: &Path) -> Vec<(usize, Change)> {
    let bytes = std::fs::read(log).unwrap_or_default();
    let (mut changes, mut at) = (Vec::new(), 0);
    while let Some(length) = bytes[at..].iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8(bytes[at..at + length].to_vec()).unwrap();
        at += length + 1;
        let mut words: VecDeque<String> = line.split(' ').map(plain).collect();
        let mut word = || words.pop_front().unwrap_or_else(|| panic!("{line:?} is too short"));
        let change = match word().as_str() {
            "create" => Change::Create { inode: number(&word()), path: word().into() },
            "write" => {
                let (inode, offset, length) = (number(&word()), number(&word()), number::<usize>(&word()));
                let bytes = bytes[at..at + length].to_vec();
                at += length;
                Change::Write { inode, offset, bytes }
            }
            "size" => Change::Size { inode: number(&word()), length: number(&word()) },
            "sync" => Change::Sync { inode: number(&word()) },
            "syncdir" => Change::SyncFolder { path: word().into() },
            "rename" => Change::Rename { from: word().into(), to: word().into() },
            "link" => Change::Link { from: word().into(), to: word().into() },
            "symlink" => Change::Symlink { path: word().into(), target: word() },
            "unlink" => Change::Unlink { path: word().into() },
            "mkdir" => Change::MakeFolder { path: word().into() },
            "rmdir" => Change::RemoveFolder { path: word().into() },
            other => panic!("what is {other:?}?"),
        };
        changes.push((at, change));
    }
    changes
}

fn number<T: std::str::FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| panic!("{word:?} is no number"))
}

/// A word without its `%20`.
fn plain(word: &str) -> String {
    let mut parts = word.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push(char::from(u8::from_str_radix(&part[..2], 16).unwrap()));
        plain.push_str(&part[2..]);
    }
    plain
}
