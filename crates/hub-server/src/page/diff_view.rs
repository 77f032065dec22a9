//! The changes between two commits as a page shows them: `templates/diff.html`, which finds them in `diff`.

use super::{
    diff::{self, Content, FileDiff, Hunk, LineKind},
    repo_head::RepoHead,
    shown::{self, counted},
};
use crate::{
    api_error::ApiError,
    store::{CommitId, DiffLimits, GitRepo},
};

/// What is read and shown at most. The rest is for `git diff`.
const MOST_FILES: usize = 100;
const MOST_LINES: usize = 2000;
const MOST_HTML: usize = 350_000;
const LIMITS: DiffLimits = DiffLimits { files: MOST_FILES, text: 1 << 20, read: 4 << 20 };
/// Characters of a line.
const LONGEST_LINE: usize = 1000;
/// Bytes of HTML around a line, and around a file.
const AROUND_LINE: usize = 60;
const AROUND_FILE: usize = 600;

/// The changes between two commits.
#[derive(Debug, Clone)]
pub(super) struct DiffView {
    pub(super) files: Vec<FileView>,
    /// How much was changed.
    pub(super) summary: String,
    /// Whether something is not shown.
    pub(super) is_cut: bool,
    /// All of it as text, where a browser may read it.
    pub(super) raw: Option<String>,
    /// The command that shows all of it.
    pub(super) command: String,
}

/// The changes of a file.
#[derive(Debug, Clone)]
pub(super) struct FileView {
    /// Unique on the page.
    pub(super) id: String,
    pub(super) name: String,
    /// `new`, `deleted`, `renamed`, `changed`.
    pub(super) what: &'static str,
    /// How many lines came and went.
    pub(super) added: usize,
    pub(super) removed: usize,
    /// What is to be said instead of lines, or besides.
    pub(super) note: Option<String>,
    pub(super) lines: Vec<LineView>,
    /// The page of the file after the change.
    pub(super) page: Option<String>,
}

/// A line of a file, or the head of a hunk.
#[derive(Debug, Clone)]
pub(super) struct LineView {
    pub(super) class: &'static str,
    /// Its numbers before and after.
    pub(super) numbers: String,
    /// With the sign.
    pub(super) text: String,
}

impl DiffView {
    /// Reads what changed from `old` to `new`; without `old` all of `new` is new. Blocks.
    pub(super) fn read(
        git: &GitRepo,
        head: &RepoHead,
        old: Option<CommitId>,
        new: CommitId,
    ) -> Result<Self, ApiError> {
        let first = git.first_changes(old, new, LIMITS)?;
        let mut view = Self::of(&first.text, |path| head.paths.blob(&new.to_string(), path));
        view.is_cut |= first.uncounted || first.files > view.files.len();
        let more = if first.uncounted { "more than " } else { "" };
        let (added, removed) = view
            .files
            .iter()
            .fold((0, 0), |(added, removed), file| (added + file.added, removed + file.removed));
        view.summary = format!("{more}{} changed", counted(first.files, "file"));
        // Of what is not read, and of what is no text, no line is counted.
        if added + removed > 0 {
            let at_least = if view.is_cut { "at least " } else { "" };
            let (added, removed) = (counted(added, "line"), counted(removed, "line"));
            view.summary.push_str(&format!(": {at_least}{added} added, {removed} removed"));
        }
        if let Some(old) = old {
            let (plural, id) = (head.repo_type.plural(), head.id());
            let is_open = !head.private && !head.gated;
            view.raw = is_open.then(|| format!("/api/{plural}/{id}/compare/{old}..{new}"));
            view.command = format!("git diff {old} {new}");
        } else {
            view.command = format!("git show {new}");
        }
        Ok(view)
    }

    /// Shows a difference as far as there is room. `page` is the page of a file that is there after it.
    fn of(text: &str, page: impl Fn(&str) -> String) -> Self {
        let mut room = Room { lines: MOST_LINES, html: MOST_HTML };
        let mut view = Self {
            files: Vec::new(),
            summary: String::new(),
            is_cut: false,
            raw: None,
            command: String::new(),
        };
        for (at, file) in diff::parse(text).iter().enumerate() {
            let page = file.new.as_deref().map(&page);
            let names = file.old.iter().chain(&file.new).map(|name| html_length(name) * 2).sum::<usize>();
            if !room.takes(names + page.as_ref().map_or(0, String::len) + AROUND_FILE) {
                view.is_cut = true;
                break;
            }
            let (file, is_cut) = FileView::of(file, at + 1, page, &mut room);
            view.files.push(file);
            view.is_cut |= is_cut;
        }
        view
    }
}

impl FileView {
    /// How many lines came and went, where that is known.
    pub(super) fn counts(&self) -> Option<String> {
        (self.added + self.removed > 0).then(|| format!("+{} -{}", self.added, self.removed))
    }

    /// The file, and whether some of its lines are missing.
    fn of(file: &FileDiff<'_>, number: usize, page: Option<String>, room: &mut Room) -> (Self, bool) {
        let (name, what) = match (&file.old, &file.new) {
            (Some(old), Some(new)) if old != new => {
                (format!("{} → {}", shown::upright(old), shown::upright(new)), "renamed")
            }
            (_, Some(new)) => (shown::upright(new), if file.old.is_none() { "new" } else { "changed" }),
            (Some(old), None) => (shown::upright(old), "deleted"),
            (None, None) => (String::new(), "changed"),
        };
        let mut view = Self {
            id: format!("file-{number}"),
            name,
            what,
            added: 0,
            removed: 0,
            note: None,
            lines: Vec::new(),
            page,
        };
        let mut notes: Vec<String> =
            file.modes.iter().map(|(old, new)| format!("The mode was {old} and is {new}.")).collect();
        let mut is_cut = false;
        match &file.content {
            Content::Same if file.modes.is_none() && what != "renamed" => {
                notes.push("An empty file.".to_owned())
            }
            Content::Same => {}
            Content::Binary => notes.push("No text, or longer than 1 MiB.".to_owned()),
            Content::Lfs { old, new } => notes.push(lfs(*old, *new)),
            Content::LeftOut => {
                notes.push("Not shown here.".to_owned());
                is_cut = true;
            }
            Content::Text(hunks) => {
                let lines = || hunks.iter().flat_map(|hunk| &hunk.lines);
                view.added = lines().filter(|line| line.kind == LineKind::Added).count();
                view.removed = lines().filter(|line| line.kind == LineKind::Removed).count();
                let missing = view.add(hunks, room);
                if missing > 0 {
                    notes.push(format!("{} not shown here.", counted(missing, "line")));
                    is_cut = true;
                }
            }
        }
        view.note = (!notes.is_empty()).then(|| notes.join(" "));
        (view, is_cut)
    }

    /// Adds lines as long as there is room; the number of those that are missing then.
    fn add(&mut self, hunks: &[Hunk<'_>], room: &mut Room) -> usize {
        let total: usize = hunks.iter().map(|hunk| hunk.lines.len()).sum();
        let mut shown = 0;
        for hunk in hunks {
            if room.lines == 0 || !room.takes(2 * AROUND_LINE) {
                break;
            }
            let range = |(start, length): (u32, u32)| format!("{start},{length}");
            let text = format!("@@ -{} +{} @@", range(hunk.old), range(hunk.new));
            self.lines.push(LineView { class: "hunk", numbers: " ".repeat(11), text });
            let (mut old, mut new) = (hunk.old.0, hunk.new.0);
            for line in &hunk.lines {
                let (class, sign) = match line.kind {
                    LineKind::Same => ("same", ' '),
                    LineKind::Added => ("added", '+'),
                    LineKind::Removed => ("removed", '-'),
                };
                let number = |is_there: bool, number: u32| {
                    if is_there { format!("{number:>5}") } else { " ".repeat(5) }
                };
                let (in_old, in_new) = (line.kind != LineKind::Added, line.kind != LineKind::Removed);
                let numbers = format!("{} {}", number(in_old, old), number(in_new, new));
                let end = if line.is_whole { "" } else { " (no newline at the end)" };
                let text = format!("{sign}{}{end}", visible(line.text));
                if room.lines == 0 || !room.takes(html_length(&text) + AROUND_LINE) {
                    return total - shown;
                }
                room.lines -= 1;
                shown += 1;
                old = old.saturating_add(u32::from(in_old));
                new = new.saturating_add(u32::from(in_new));
                self.lines.push(LineView { class, numbers, text });
            }
        }
        total - shown
    }
}

/// How much may still be shown.
struct Room {
    lines: usize,
    html: usize,
}

impl Room {
    fn takes(&mut self, html: usize) -> bool {
        let rest = self.html.checked_sub(html);
        self.html = rest.unwrap_or(self.html);
        rest.is_some()
    }
}

fn lfs(old: Option<u64>, new: Option<u64>) -> String {
    match (old, new) {
        (Some(old), Some(new)) => format!("In LFS: {} → {}.", shown::size(old), shown::size(new)),
        (Some(size), None) | (None, Some(size)) => format!("In LFS: {}.", shown::size(size)),
        (None, None) => "In LFS.".to_owned(),
    }
}

/// The most bytes that a text takes in HTML.
fn html_length(text: &str) -> usize {
    let escaped = text.bytes().filter(|byte| matches!(byte, b'<' | b'>' | b'&' | b'"' | b'\'')).count();
    text.len() + 5 * escaped
}

/// The beginning of a line, in which nothing moves what stands around it: signs that are not seen are shown by others.
fn visible(line: &str) -> String {
    let shown = |c: char| match c {
        '\t' => '\t',
        '\u{7f}' => '\u{2421}',
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{80}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '\u{fffd}',
        c => c,
    };
    shown::cut(line, LONGEST_LINE).chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(text: &str) -> DiffView {
        DiffView::of(text, |path| format!("/blob/{path}"))
    }

    fn new_file(name: &str, lines: usize, line: &str) -> String {
        let head = format!(
            "diff --git a/{name} b/{name}\nnew file mode 100644\nindex 00..11\n--- /dev/null\n+++ b/{name}\n"
        );
        format!("{head}@@ -0,0 +1,{lines} @@\n{}", format!("+{line}\n").repeat(lines))
    }

    #[test]
    fn lines_have_their_sign_and_their_numbers() {
        let diff = "diff --git a/a b/a\nindex 11..22 100644\n--- a/a\n+++ b/a\n@@ -9,3 +9,3 @@\n x\n-old\r\n+new\n y\n";
        let view = view(diff);
        let file = &view.files[0];
        assert_eq!((file.what, file.added, file.removed, file.note.as_deref()), ("changed", 1, 1, None));
        let lines: Vec<_> = file.lines.iter().map(|line| (line.class, &*line.numbers, &*line.text)).collect();
        let expected = [
            ("hunk", "           ", "@@ -9,3 +9,3 @@"),
            ("same", "    9     9", " x"),
            ("removed", "   10      ", "-old␍"),
            ("added", "         10", "+new"),
            ("same", "   11    11", " y"),
        ];
        assert_eq!(lines, expected);
        assert_eq!((view.is_cut, file.page.as_deref()), (false, Some("/blob/a")));
    }

    #[test]
    fn what_is_too_much_is_counted_and_not_shown() {
        let view = view(&format!("{}{}", new_file("a", 1999, "x"), new_file("b", 3, "y")));
        assert!(view.is_cut);
        let shown: Vec<_> = view.files.iter().map(|file| file.lines.len()).collect();
        assert_eq!(shown, [2000, 2], "with the head of each hunk");
        assert_eq!(view.files[1].note.as_deref(), Some("2 lines not shown here."));
        assert_eq!(view.files[1].added, 3);
    }

    #[test]
    fn a_page_has_so_much_html_whatever_the_lines_and_names_are() {
        let long = "<".repeat(2000);
        let lines = view(&new_file("a", 500, &long));
        let length: usize = lines.files[0].lines.iter().map(|line| html_length(&line.text)).sum();
        assert!(lines.is_cut && length < MOST_HTML, "{length}");
        assert!(lines.files[0].lines[1].text.ends_with('…'));
        let name = "n".repeat(4000);
        let names: String = (0..100).map(|number| new_file(&format!("{name}{number}"), 1, "x")).collect();
        let names = view(&names);
        assert!(names.is_cut && names.files.len() < 30, "{}", names.files.len());
    }

    #[test]
    fn signs_that_hide_a_change_are_seen() {
        assert_eq!(visible("a\tb\r\u{7f}\u{202e}c\u{200b}ü\u{1b}"), "a\tb␍␡\u{fffd}c\u{fffd}ü␛");
    }

    #[test]
    fn files_without_lines_say_why() {
        let diff = "diff --git a/e b/e\nnew file mode 100644\nindex 00..e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n\
            diff --git a/m b/m\nold mode 100644\nnew mode 100755\n\
            diff --git a/b b/b\ndeleted file mode 100644\nindex 11..00\nBinary files a/b and /dev/null differ\n\
            diff --git a/o b/o\nindex 11..22 100644\n";
        let view = view(diff);
        let notes: Vec<_> =
            view.files.iter().map(|file| (file.what, file.note.as_deref().unwrap())).collect();
        let expected = [
            ("new", "An empty file."),
            ("changed", "The mode was 100644 and is 100755."),
            ("deleted", "No text, or longer than 1 MiB."),
            ("changed", "Not shown here."),
        ];
        assert_eq!(notes, expected);
        assert!(view.is_cut && view.files[2].page.is_none());
    }
}
