//! Reads the changes between two commits as the store writes them: the unified format of `git diff`.

use std::{iter::Peekable, str::SplitTerminator};

use hub_types::{hex, lfs::Pointer};
use sha1::{Digest, Sha1};

/// git's id of a file without content.
const EMPTY: &str = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

/// What was done to a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileDiff<'d> {
    /// Its path before; none of a file that is new.
    pub(super) old: Option<String>,
    /// Its path after; none of a file that was deleted.
    pub(super) new: Option<String>,
    /// The modes before and after, when they differ.
    pub(super) modes: Option<(&'d str, &'d str)>,
    pub(super) content: Content<'d>,
}

/// What was done to the content of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content<'d> {
    /// Nothing, or there is none.
    Same,
    Text(Vec<Hunk<'d>>),
    /// Both sides that are there are pointers; the sizes are those of the objects.
    Lfs {
        old: Option<u64>,
        new: Option<u64>,
    },
    /// It is no text, or too much.
    Binary,
    /// The store has left it out.
    LeftOut,
}

/// Lines that stand together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hunk<'d> {
    /// Where they begin, counted from 1, and how many there are.
    pub(super) old: (u32, u32),
    pub(super) new: (u32, u32),
    pub(super) lines: Vec<Line<'d>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'d> {
    pub(super) kind: LineKind,
    /// Without the sign, and without the line feed.
    pub(super) text: &'d str,
    /// Whether a line feed ends it.
    pub(super) is_whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    Same,
    Added,
    Removed,
}

type Lines<'d> = Peekable<SplitTerminator<'d, char>>;

/// The files of a difference, in its order.
pub(super) fn parse(diff: &str) -> Vec<FileDiff<'_>> {
    let mut lines = diff.split_terminator('\n').peekable();
    let mut files = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(names) = line.strip_prefix("diff --git ") {
            files.push(file(names, &mut lines));
        }
    }
    files
}

/// What stands above the lines of a file.
#[derive(Default)]
struct Head<'d> {
    is_new: bool,
    is_deleted: bool,
    old_name: Option<String>,
    new_name: Option<String>,
    old_mode: Option<&'d str>,
    new_mode: Option<&'d str>,
    ids: Option<(&'d str, &'d str)>,
    is_binary: bool,
}

fn file<'d>(names: &'d str, lines: &mut Lines<'d>) -> FileDiff<'d> {
    let mut head = Head::default();
    let mut hunks = Vec::new();
    while let Some(line) = lines.next_if(|line| !line.starts_with("diff --git ")) {
        match hunk_at(line) {
            Some((old, new)) => hunks.push(Hunk { old, new, lines: hunk_lines(old.1, new.1, lines) }),
            None => head.read(line),
        }
    }
    let (old, new) = both_names(names);
    let old = if head.is_new { None } else { head.old_name.take().or(old) };
    let new = if head.is_deleted { None } else { head.new_name.take().or(new) };
    let modes = head.old_mode.zip(head.new_mode);
    FileDiff { content: head.content(hunks), old, new, modes }
}

impl<'d> Head<'d> {
    fn read(&mut self, line: &'d str) {
        let after = |start: &str| line.strip_prefix(start);
        if let Some(name) = after("--- ") {
            self.old_name = side_name(name, "a/");
        } else if let Some(name) = after("+++ ") {
            self.new_name = side_name(name, "b/");
        } else if let Some(name) = after("rename from ").or_else(|| after("copy from ")) {
            self.old_name = Some(whole_name(name));
        } else if let Some(name) = after("rename to ").or_else(|| after("copy to ")) {
            self.new_name = Some(whole_name(name));
        } else if let Some(mode) = after("old mode ") {
            self.old_mode = Some(mode);
        } else if let Some(mode) = after("new mode ") {
            self.new_mode = Some(mode);
        } else if let Some(ids) = after("index ") {
            self.ids = ids.split(' ').next().and_then(|ids| ids.split_once(".."));
        }
        self.is_new |= line.starts_with("new file mode ");
        self.is_deleted |= line.starts_with("deleted file mode ");
        self.is_binary |= line.starts_with("Binary files ") || line == "GIT binary patch";
    }

    fn content(&self, hunks: Vec<Hunk<'d>>) -> Content<'d> {
        if self.is_binary {
            return Content::Binary;
        }
        if !hunks.is_empty() {
            return self.pointers(&hunks).unwrap_or(Content::Text(hunks));
        }
        let is_nothing = |id: &str| id == EMPTY || id.bytes().all(|digit| digit == b'0');
        match self.ids {
            Some((old, new)) if old != new && !(is_nothing(old) && is_nothing(new)) => Content::LeftOut,
            _ => Content::Same,
        }
    }

    /// The sizes of LFS objects. Each side must be whole, which its id tells: a text that only begins as a pointer is shown.
    fn pointers(&self, hunks: &[Hunk<'d>]) -> Option<Content<'d>> {
        let [hunk] = hunks else { return None };
        let (old_id, new_id) = self.ids?;
        let size = |is_there: bool, id: &str, other: LineKind| {
            if !is_there {
                return Some(None);
            }
            let text = hunk.side(other);
            let blob = [format!("blob {}\0", text.len()).as_bytes(), text.as_bytes()].concat();
            let pointer = Pointer::parse(text.as_bytes())?;
            (hex::encode(&Sha1::digest(&blob)) == id).then_some(Some(pointer.size))
        };
        Some(Content::Lfs {
            old: size(!self.is_new, old_id, LineKind::Added)?,
            new: size(!self.is_deleted, new_id, LineKind::Removed)?,
        })
    }
}

impl Hunk<'_> {
    /// The text of one side: all lines but those that only the other side has.
    fn side(&self, other: LineKind) -> String {
        let lines = self.lines.iter().filter(|line| line.kind != other);
        lines.flat_map(|line| [line.text, if line.is_whole { "\n" } else { "" }]).collect()
    }
}

/// Reads `@@ -1,2 +3 @@`.
fn hunk_at(line: &str) -> Option<((u32, u32), (u32, u32))> {
    let range = |text: &str| match text.split_once(',') {
        Some((start, length)) => Some((start.parse().ok()?, length.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    };
    let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    Some((range(old)?, range(new)?))
}

/// As many lines as the head of a hunk says: a line of a file may look like the head of another.
fn hunk_lines<'d>(mut old: u32, mut new: u32, lines: &mut Lines<'d>) -> Vec<Line<'d>> {
    let mut found: Vec<Line<'d>> = Vec::new();
    loop {
        let is_mark = lines.peek().is_some_and(|line| line.starts_with('\\'));
        if is_mark {
            lines.next();
            if let Some(last) = found.last_mut() {
                last.is_whole = false;
            }
            continue;
        }
        if old == 0 && new == 0 {
            return found;
        }
        let Some(line) = lines.next() else { return found };
        let (kind, text) = match line.split_at_checked(1) {
            Some(("+", text)) => (LineKind::Added, text),
            Some(("-", text)) => (LineKind::Removed, text),
            Some((_, text)) => (LineKind::Same, text),
            None => (LineKind::Same, ""),
        };
        old = old.saturating_sub(u32::from(kind != LineKind::Added));
        new = new.saturating_sub(u32::from(kind != LineKind::Removed));
        found.push(Line { kind, text, is_whole: true });
    }
}

/// The name behind `---` or `+++`; a tab ends one that has blanks.
fn side_name(text: &str, prefix: &str) -> Option<String> {
    let name = whole_name(text.strip_suffix('\t').unwrap_or(text));
    if name == "/dev/null" { None } else { Some(name.strip_prefix(prefix).unwrap_or(&name).to_owned()) }
}

fn whole_name(text: &str) -> String {
    unquoted(text).map_or_else(|| text.to_owned(), |(name, _)| name)
}

/// The names of `a/x b/x`, of which nothing but their likeness says where the first one ends.
fn both_names(names: &str) -> (Option<String>, Option<String>) {
    let without = |name: &str, prefix: &str| name.strip_prefix(prefix).unwrap_or(name).to_owned();
    if let Some((old, rest)) = unquoted(names) {
        return (Some(without(&old, "a/")), Some(without(&whole_name(rest.trim_start()), "b/")));
    }
    let alike = names.split_at_checked(names.len() / 2);
    let alike = alike.and_then(|(old, new)| Some((old.strip_prefix("a/")?, new.strip_prefix(" b/")?)));
    let split = alike.filter(|(old, new)| old == new).or_else(|| names.strip_prefix("a/")?.split_once(" b/"));
    match split {
        Some((old, new)) => (Some(old.to_owned()), Some(new.to_owned())),
        None => (Some(names.to_owned()), Some(names.to_owned())),
    }
}

/// A name in quotation marks, as C has them, and what follows.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut name = Vec::new();
    loop {
        let end = rest.find(['"', '\\'])?;
        let (plain, from) = rest.split_at_checked(end)?;
        name.extend_from_slice(plain.as_bytes());
        if let Some(after) = from.strip_prefix('"') {
            return Some((String::from_utf8_lossy(&name).into_owned(), after));
        }
        let escape = from.get(1..)?;
        let octal = escape.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        let byte = match (octal, escape.bytes().next()?) {
            (Some(byte), _) => byte,
            (None, b'n') => b'\n',
            (None, b't') => b'\t',
            (None, b'r') => b'\r',
            (None, b'a') => 7,
            (None, b'b') => 8,
            (None, b'v') => 11,
            (None, b'f') => 12,
            (None, byte) => byte,
        };
        name.push(byte);
        rest = escape.get(if octal.is_some() { 3 } else { 1 }..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<'a>(file: &'a FileDiff<'_>) -> (Option<&'a str>, Option<&'a str>) {
        (file.old.as_deref(), file.new.as_deref())
    }

    fn lines<'d>(file: &'d FileDiff<'_>) -> Vec<(LineKind, &'d str, bool)> {
        let Content::Text(hunks) = &file.content else { panic!("{file:?}") };
        hunks.iter().flat_map(|hunk| &hunk.lines).map(|line| (line.kind, line.text, line.is_whole)).collect()
    }

    #[test]
    fn nothing_is_no_file() {
        assert_eq!(parse(""), []);
    }

    #[test]
    fn new_changed_and_deleted_files_are_told_apart() {
        let diff = "diff --git a/d/new b/d/new\nnew file mode 100644\nindex 00..11\n--- /dev/null\n+++ b/d/new\n\
            @@ -0,0 +1,2 @@\n+one\n+two\ndiff --git a/gone b/gone\ndeleted file mode 100644\nindex 11..00\n\
            --- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n\\ No newline at end of file\n\
            diff --git a/x y b/x y\nindex 11..22 100644\n--- a/x y\t\n+++ b/x y\t\n@@ -8,2 +8,2 @@\n same\n-old\n\
            \\ No newline at end of file\n+new\n@@ -20 +20 @@ fn f() {\n-a\n+b\n";
        let files = parse(diff);
        use LineKind::{Added, Removed, Same};
        let expected = [(None, Some("d/new")), (Some("gone"), None), (Some("x y"), Some("x y"))];
        assert_eq!(files.iter().map(names).collect::<Vec<_>>(), expected);
        assert_eq!(lines(&files[0]), [(Added, "one", true), (Added, "two", true)]);
        assert_eq!(lines(&files[1]), [(Removed, "one", false)]);
        let changed = [(Same, "same", true), (Removed, "old", false), (Added, "new", true)];
        assert_eq!(lines(&files[2])[..3], changed);
        let Content::Text(hunks) = &files[2].content else { panic!("{files:?}") };
        assert_eq!((hunks[0].old, hunks[1].new), ((8, 2), (20, 1)));
    }

    #[test]
    fn lines_that_look_like_heads_are_lines() {
        let diff = "diff --git a/a b/a\nindex 11..22 100644\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n--- a/b\n+++ b/b\n\
            -diff --git a/x b/x\n+@@ -1 +1 @@\n \ndiff --git a/c b/c\nold mode 100644\nnew mode 100755\n";
        let files = parse(diff);
        use LineKind::{Added, Removed, Same};
        let expected = [
            (Removed, "-- a/b", true),
            (Added, "++ b/b", true),
            (Removed, "diff --git a/x b/x", true),
            (Added, "@@ -1 +1 @@", true),
            (Same, "", true),
        ];
        assert_eq!(lines(&files[0]), expected);
        assert_eq!((files[1].modes, &files[1].content), (Some(("100644", "100755")), &Content::Same));
    }

    #[test]
    fn quoted_names_and_renames_are_read() {
        let diff = "diff --git \"a/gr\\303\\274n\" \"b/gr\\303\\274n\"\nindex 11..22 100644\n\
            --- \"a/gr\\303\\274n\"\n+++ \"b/gr\\303\\274n\"\n@@ -1 +1 @@\n-a\n+b\n\
            diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to \"a\\tb\\\"\\\\c\"\n\
            diff --git a/a b/a b/a b/a\nnew file mode 100644\nindex 0000..e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n";
        let files = parse(diff);
        assert_eq!(names(&files[0]), (Some("grün"), Some("grün")));
        assert_eq!(names(&files[1]), (Some("old"), Some("a\tb\"\\c")));
        assert_eq!((names(&files[2]), &files[2].content), ((None, Some("a b/a")), &Content::Same));
    }

    #[test]
    fn what_is_not_shown_is_said() {
        let diff = "diff --git a/b.bin b/b.bin\nindex 11..22 100644\nBinary files a/b.bin and b/b.bin differ\n\
            diff --git a/c b/c\nnew file mode 100644\nindex 0000..33\n";
        let contents: Vec<_> = parse(diff).into_iter().map(|file| file.content).collect();
        assert_eq!(contents, [Content::Binary, Content::LeftOut]);
    }

    #[test]
    fn only_whole_pointers_are_lfs() {
        let pointer = |size: u64| Pointer::new("a".repeat(64), size).to_string();
        let id = |text: &str| hex::encode(&Sha1::digest(format!("blob {}\0{text}", text.len())));
        let (old, new) = (pointer(7), pointer(9));
        let shown = |old_id: &str, new_id: &str| {
            format!(
                "diff --git a/w b/w\nindex {old_id}..{new_id} 100644\n--- a/w\n+++ b/w\n@@ -1,3 +1,3 @@\n \
                 version https://git-lfs.github.com/spec/v1\n oid sha256:{}\n-size 7\n+size 9\n",
                "a".repeat(64)
            )
        };
        let diff = shown(&id(&old), &id(&new));
        assert_eq!(parse(&diff)[0].content, Content::Lfs { old: Some(7), new: Some(9) });
        // More stands below these lines than the difference has.
        let diff = shown(&id(&old), &id(&format!("{new}and more\n")));
        assert!(matches!(parse(&diff)[0].content, Content::Text(_)));
    }
}
