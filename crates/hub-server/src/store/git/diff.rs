//! The changes between two commits as text, as `git diff --full-index --no-renames` writes them.

use std::{fmt::Write, io, ops::ControlFlow};

use gix::{
    diff::blob::{
        Algorithm, Diff, InternedInput, UnifiedDiff,
        unified_diff::{ConsumeHunk, ContextSize, DiffLineKind, HunkHeader},
    },
    object::tree::diff::ChangeDetached,
    objs::{Kind, tree::EntryMode},
};

use super::{
    CommitId, GitRepo, ObjectId,
    object::read_object,
    read::{MOST_ENTRIES, tree_of},
};
use crate::store::{Result, StoreError};

/// A file with more bytes is shown as binary.
const LARGEST_FILE: u64 = 1 << 20;
/// After so many bytes only the names of further files are written.
const LARGEST_DIFF: usize = 16 << 20;
/// git looks for a NUL byte only so far.
const BINARY_PROBE: usize = 8000;

/// How much of the changes is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DiffLimits {
    /// Files, the first by path.
    pub(crate) files: usize,
    /// After so many bytes only the names of further files are written.
    pub(crate) text: usize,
    /// Bytes of files that are read. Of those beyond only the names are written.
    pub(crate) read: u64,
}

/// The first of the changes between two commits.
#[cfg(feature = "page")]
#[derive(Debug, Clone)]
pub(crate) struct FirstChanges {
    /// As `git diff` writes them.
    pub(crate) text: String,
    /// How many files were changed, as far as they were counted.
    pub(crate) files: usize,
    /// Whether they were not counted to the end.
    pub(crate) uncounted: bool,
}

/// Files and folders that are counted for [`FirstChanges`].
#[cfg(feature = "page")]
const MOST_COUNTED: usize = 10_000;

impl GitRepo {
    /// What changed from `old` to `new`.
    pub(crate) fn diff(&self, old: CommitId, new: CommitId) -> Result<String> {
        let repo = self.open.local()?;
        let (changes, uncounted) = changes(&repo, Some(old), new, MOST_ENTRIES)?;
        if uncounted {
            return Err(StoreError::TooLarge { reason: "more than 1000000 files and folders were changed" });
        }
        let limits = DiffLimits { files: usize::MAX, text: LARGEST_DIFF, read: u64::MAX };
        Ok(write(&repo, &changes, limits)?.0)
    }

    /// The first of what changed from `old` to `new`; without `old` all of `new` is a change.
    #[cfg(feature = "page")]
    pub(crate) fn first_changes(
        &self,
        old: Option<CommitId>,
        new: CommitId,
        limits: DiffLimits,
    ) -> Result<FirstChanges> {
        let repo = self.open.local()?;
        let (changes, uncounted) = changes(&repo, old, new, MOST_COUNTED)?;
        let (text, files) = write(&repo, &changes, limits)?;
        Ok(FirstChanges { text, files, uncounted })
    }
}

/// The files and folders that differ, and whether there are more than `most`, at which the search ends.
fn changes(
    repo: &gix::Repository,
    old: Option<CommitId>,
    new: CommitId,
    most: usize,
) -> Result<(Vec<ChangeDetached>, bool)> {
    let failed = || StoreError::git("compare two commits");
    let tree = |commit| repo.find_tree(tree_of(repo, commit)?).map_err(failed());
    let old = old.map_or_else(|| Ok(repo.empty_tree()), tree)?;
    let new = tree(new)?;
    let mut changes = Vec::new();
    let mut platform = old.changes().map_err(failed())?;
    platform.options(|options| {
        options.track_path().track_rewrites(None);
    });
    // The same folder many times makes many changes of few objects.
    let outcome = platform.for_each_to_obtain_tree(&new, |change| {
        changes.push(change.detach());
        let go_on = changes.len() <= most;
        Ok(if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    });
    if changes.len() > most {
        return Ok((changes, true));
    }
    outcome.map_err(failed())?;
    Ok((changes, false))
}

/// The text of the changes, and how many files they are of.
fn write(
    repo: &gix::Repository,
    changes: &[ChangeDetached],
    mut limits: DiffLimits,
) -> Result<(String, usize)> {
    let mut files: Vec<File<'_>> = changes.iter().filter_map(File::of).collect();
    files.sort_by(|a, b| a.path.cmp(b.path));
    let mut text = String::new();
    for file in files.iter().take(limits.files) {
        file.write(repo, &mut text, &mut limits)?;
    }
    Ok((text, files.len()))
}

type Side = Option<(EntryMode, ObjectId)>;

/// A file on both sides.
struct File<'c> {
    path: &'c [u8],
    old: Side,
    new: Side,
}

impl<'c> File<'c> {
    fn of(change: &'c ChangeDetached) -> Option<Self> {
        let (path, old, new) = match change {
            ChangeDetached::Addition { location, entry_mode, id, .. } => {
                (location, None, Some((*entry_mode, *id)))
            }
            ChangeDetached::Deletion { location, entry_mode, id, .. } => {
                (location, Some((*entry_mode, *id)), None)
            }
            ChangeDetached::Modification { location, previous_entry_mode, previous_id, entry_mode, id } => {
                (location, Some((*previous_entry_mode, *previous_id)), Some((*entry_mode, *id)))
            }
            // Renames are not looked for.
            ChangeDetached::Rewrite { .. } => return None,
        };
        let folder = |side: Side| side.is_some_and(|(mode, _)| mode.is_tree());
        (!folder(old) && !folder(new)).then_some(Self { path, old, new })
    }

    fn write(&self, repo: &gix::Repository, text: &mut String, limits: &mut DiffLimits) -> Result<()> {
        let (a, b) = (quoted("a/", self.path), quoted("b/", self.path));
        let mut head = vec![format!("diff --git {a} {b}")];
        let octal = |mode: EntryMode| format!("{:06o}", mode.value());
        let id = |side: Side| side.map_or(ObjectId::null(repo.object_hash()), |(_, id)| id);
        let mut index = format!("index {}..{}", id(self.old), id(self.new));
        match (self.old, self.new) {
            (None, Some((mode, _))) => head.push(format!("new file mode {}", octal(mode))),
            (Some((mode, _)), None) => head.push(format!("deleted file mode {}", octal(mode))),
            (Some((old, _)), Some((new, _))) if old != new => {
                head.push(format!("old mode {}\nnew mode {}", octal(old), octal(new)));
            }
            (Some((mode, _)), Some(_)) => index = format!("{index} {}", octal(mode)),
            (None, None) => {}
        }
        if id(self.old) != id(self.new) {
            head.push(index);
        }
        text.push_str(&head.join("\n"));
        text.push('\n');
        if id(self.old) == id(self.new) || text.len() > limits.text {
            return Ok(());
        }
        let old_name = if self.old.is_some() { &a } else { "/dev/null" };
        let new_name = if self.new.is_some() { &b } else { "/dev/null" };
        let (old, new) = (content(repo, self.old, limits)?, content(repo, self.new, limits)?);
        match (old, new) {
            (Content::Unread, _) | (_, Content::Unread) => {}
            (Content::Text(old), Content::Text(new)) => {
                let hunks = hunks(&old, &new).map_err(StoreError::git("compare two files"))?;
                // An empty file has no hunks, and git names it only once then.
                if !hunks.is_empty() {
                    // A reader would otherwise take a name only up to its first space.
                    let tab =
                        |name: &str| if name.contains(' ') && !name.starts_with('"') { "\t" } else { "" };
                    let (after_old, after_new) = (tab(old_name), tab(new_name));
                    text.push_str(&format!("--- {old_name}{after_old}\n+++ {new_name}{after_new}\n{hunks}"));
                }
            }
            _ => text.push_str(&format!("Binary files {old_name} and {new_name} differ\n")),
        }
        Ok(())
    }
}

/// One side of a file.
enum Content {
    Text(Vec<u8>),
    /// It is written as binary.
    Binary,
    /// There was no room to read it.
    Unread,
}

fn content(repo: &gix::Repository, side: Side, limits: &mut DiffLimits) -> Result<Content> {
    let Some((mode, id)) = side else { return Ok(Content::Text(Vec::new())) };
    if mode.is_commit() {
        return Ok(Content::Text(format!("Subproject commit {id}\n").into_bytes()));
    }
    let header = repo.try_find_header(id).map_err(StoreError::git("read an object"))?;
    let Some(size) = header.map(|header| header.size()).filter(|size| *size <= LARGEST_FILE) else {
        return Ok(Content::Binary);
    };
    let Some(rest) = limits.read.checked_sub(size) else { return Ok(Content::Unread) };
    limits.read = rest;
    let content = read_object(repo, id, Kind::Blob)?;
    let binary = content.iter().take(BINARY_PROBE).any(|byte| *byte == 0);
    Ok(if binary { Content::Binary } else { Content::Text(content) })
}

fn hunks(old: &[u8], new: &[u8]) -> io::Result<String> {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    UnifiedDiff::new(&diff, &input, Hunks(String::new()), ContextSize::symmetrical(3)).consume()
}

struct Hunks(String);

impl ConsumeHunk for Hunks {
    type Out = String;

    fn consume_hunk(&mut self, header: HunkHeader, lines: &[(DiffLineKind, &[u8])]) -> io::Result<()> {
        // A side without lines is counted from the line before it, and a length of one is not written.
        let range = |start: u32, length: u32| match length {
            0 => format!("{},0", start.saturating_sub(1)),
            1 => start.to_string(),
            _ => format!("{start},{length}"),
        };
        let before = range(header.before_hunk_start, header.before_hunk_len);
        let after = range(header.after_hunk_start, header.after_hunk_len);
        writeln!(self.0, "@@ -{before} +{after} @@").map_err(io::Error::other)?;
        for (kind, line) in lines {
            self.0.push(kind.to_prefix());
            self.0.push_str(&String::from_utf8_lossy(line));
            if !line.ends_with(b"\n") {
                self.0.push_str("\n\\ No newline at end of file\n");
            }
        }
        Ok(())
    }

    fn finish(self) -> String {
        self.0
    }
}

/// A path as git writes it: in quotation marks when it has bytes that a reader could misread.
fn quoted(prefix: &str, path: &[u8]) -> String {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    let mut text = String::from(prefix);
    for byte in path {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            byte if plain(byte) => text.push(char::from(*byte)),
            byte => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    if path.iter().all(plain) { text } else { format!("\"{text}\"") }
}
