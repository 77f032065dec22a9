//! Text in colours: which parts of it are comments, strings and so on, by its language.
//!
//! A part has one class, whatever the grammar says of it, so that a page stays small. What is long, and what takes too long, is
//! shown without.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::shown;
use crate::handler::commits::escape;

/// What the classes begin with.
pub(super) const CLASS: &str = "hl-";

/// The longest line that is looked at, in bytes.
const LONGEST_LINE: usize = 2000;
/// Bytes of the first line by which a language is known.
const FIRST_LINE: usize = 200;
/// As much is looked at for one page, in bytes, and for so long.
const MOST: usize = 512 * 1024;
const PATIENCE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 30_000 } else { 400 });

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// Scopes of the grammars, and what they are called here. The first that fits counts.
static CLASSES: LazyLock<Vec<(Scope, &'static str)>> = LazyLock::new(|| {
    let names = [
        ("comment", "comment"),
        ("string", "string"),
        ("constant.numeric", "number"),
        ("constant.language", "number"),
        ("constant.character", "number"),
        ("keyword", "keyword"),
        ("storage", "keyword"),
        ("entity.name.tag", "keyword"),
        ("entity.name.function", "function"),
        ("support.function", "function"),
        ("variable.function", "function"),
        ("entity.name", "type"),
        ("support.type", "type"),
        ("support.class", "type"),
        ("entity.other.attribute-name", "attribute"),
        ("variable.parameter", "attribute"),
        ("markup.heading", "keyword"),
        ("markup.raw", "string"),
        ("markup.inserted", "string"),
        ("markup.deleted", "number"),
    ];
    names.into_iter().filter_map(|(scope, name)| Some((Scope::new(scope).ok()?, name))).collect()
});

/// How much of a page may still be looked at.
pub(super) struct Budget {
    bytes: usize,
    until: Instant,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: MOST, until: Instant::now() + PATIENCE }
    }
}

impl Budget {
    fn allows(&mut self, line: &str) -> bool {
        if line.len() > self.bytes || Instant::now() > self.until {
            // What comes later is not in colours either: else it would be those of something else.
            self.bytes = 0;
            return false;
        }
        self.bytes -= line.len();
        line.len() <= LONGEST_LINE
    }
}

/// A file as HTML, line by line, without the ends of lines. The language is known by its name, or by its first line.
pub(super) fn by_file(path: &str, text: &str) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or(name, |(_, extension)| extension);
    let first = text.lines().next().unwrap_or_default();
    let end = (0..=FIRST_LINE.min(first.len())).rev().find(|end| first.is_char_boundary(*end));
    let first = first.get(..end.unwrap_or(0)).unwrap_or_default();
    let syntax = SYNTAXES
        .find_syntax_by_extension(name)
        .or_else(|| SYNTAXES.find_syntax_by_extension(known_as(&extension.to_ascii_lowercase())))
        .or_else(|| SYNTAXES.find_syntax_by_first_line(first));
    lines(syntax, text, &mut Budget::default())
}

/// A block of code as HTML, by the name of its language.
pub(super) fn by_language(language: &str, text: &str, budget: &mut Budget) -> String {
    let syntax = match language {
        "" => None,
        language => SYNTAXES.find_syntax_by_token(known_as(&language.to_ascii_lowercase())),
    };
    let mut html = lines(syntax, text, budget).join("\n");
    if text.ends_with('\n') {
        html.push('\n');
    }
    html
}

/// The language that shows another well enough.
fn known_as(language: &str) -> &str {
    match language {
        "ipynb" | "jsonl" | "jsonc" | "json5" | "geojson" => "json",
        "ts" | "tsx" | "jsx" | "mjs" | "cjs" | "typescript" => "js",
        "pyi" | "ipython" | "python3" => "py",
        "console" | "shell" | "shell-session" | "zsh" => "sh",
        "cu" | "cuh" | "ino" => "cpp",
        language => language,
    }
}

fn lines(syntax: Option<&SyntaxReference>, text: &str, budget: &mut Budget) -> Vec<String> {
    let mut state = syntax.map(|syntax| (ParseState::new(syntax), ScopeStack::new()));
    let mut html = Vec::new();
    for line in text.lines() {
        let coloured = match &mut state {
            Some((parse, scopes)) if budget.allows(line) => coloured(line, parse, scopes),
            _ => None,
        };
        let line = coloured.unwrap_or_else(|| escape(line));
        html.push(if line.contains(shown::turns) { shown::upright(&line) } else { line });
    }
    html
}

/// A line in colours; `None` where its grammar cannot say.
fn coloured(line: &str, parse: &mut ParseState, scopes: &mut ScopeStack) -> Option<String> {
    // The grammars are written for lines with their ends.
    let steps = parse.parse_line(&format!("{line}\n"), &SYNTAXES).ok()?;
    let mut html = String::with_capacity(line.len() * 2);
    let mut part = Part::default();
    let mut at = 0;
    for (end, step) in steps {
        let end = end.min(line.len());
        if end > at {
            part.add(class(scopes), line.get(at..end)?, &mut html);
            at = end;
        }
        scopes.apply(&step).ok()?;
    }
    part.add(class(scopes), line.get(at..)?, &mut html);
    part.end(&mut html);
    Some(html)
}

/// What has one class.
#[derive(Default)]
struct Part {
    class: &'static str,
}

impl Part {
    fn add(&mut self, class: &'static str, text: &str, html: &mut String) {
        // Blanks have no colour.
        let is_blank = text.chars().all(char::is_whitespace);
        if class != self.class && !is_blank {
            self.end(html);
            if !class.is_empty() {
                html.push_str(&format!("<span class=\"{CLASS}{class}\">"));
            }
            self.class = class;
        }
        html.push_str(&escape(text));
    }

    fn end(&mut self, html: &mut String) {
        if !self.class.is_empty() {
            html.push_str("</span>");
        }
        self.class = "";
    }
}

fn class(scopes: &ScopeStack) -> &'static str {
    let known = |scope: &Scope| CLASSES.iter().find(|(known, _)| known.is_prefix_of(*scope));
    scopes.as_slice().iter().rev().find_map(known).map_or("", |(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_known_by_the_name_of_a_file_or_its_first_line() {
        let comment = "<span class=\"hl-comment\"># a &lt;b&gt;</span>";
        for path in ["a.py", "x/b.PY", "run.sh", "c.yaml", "Makefile"] {
            assert_eq!(by_file(path, "# a <b>"), [comment], "{path}");
        }
        let script = by_file("run", "#!/usr/bin/env python\nx = 'a'\n");
        assert_eq!(script.len(), 2);
        assert!(script[1].contains("<span class=\"hl-string\">&#39;a&#39;</span>"), "{script:?}");
        assert_eq!(by_file("a.unknown", "# <b>\n"), ["# &lt;b&gt;"]);
    }

    #[test]
    fn nothing_in_a_line_turns_around_what_is_read() {
        let text = "a = 'x\u{202e}\u{2066}' # ok\u{200f}";
        let shown = without_tags(&by_file("a.py", text)[0]);
        assert_eq!(shown, "a = &#39;x[U+202E][U+2066]&#39; # ok[U+200F]");
        assert_eq!(by_file("a.txt", "\u{202e}"), ["[U+202E]"]);
    }

    #[test]
    fn a_string_of_several_lines_has_its_colour_on_each() {
        let lines = by_file("a.py", "x = '''a\nb'''\ny = 1\n");
        assert!(lines[0].contains("hl-string"), "{lines:?}");
        assert_eq!(lines[1], "<span class=\"hl-string\">b&#39;&#39;&#39;</span>");
        assert!(lines[2].contains("<span class=\"hl-number\">1</span>"), "{lines:?}");
    }

    #[test]
    fn every_grammar_gives_back_the_text() {
        let text = "# a\n\"b\" 'c' 1 <d e=\"f\"> fn g() { h: [1, 2] } // i\n\n%! ` ~ ü \u{1f600}\n";
        let plain: Vec<String> = text.lines().map(escape).collect();
        for syntax in SYNTAXES.syntaxes() {
            let coloured = lines(Some(syntax), text, &mut Budget::default());
            let stripped: Vec<String> = coloured.iter().map(|line| without_tags(line)).collect();
            assert_eq!(stripped, plain, "{}", syntax.name);
        }
    }

    fn without_tags(html: &str) -> String {
        html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect()
    }

    #[test]
    fn what_is_too_long_and_what_takes_too_long_is_plain() {
        let syntax = SYNTAXES.find_syntax_by_extension("py");
        let long = format!("x = '{}'\n# b", "a".repeat(LONGEST_LINE));
        let shown = lines(syntax, &long, &mut Budget::default());
        assert!(!shown[0].contains("<span") && shown[1].contains("<span"), "{shown:?}");
        let mut late = Budget { bytes: MOST, until: Instant::now() - Duration::from_secs(1) };
        assert_eq!(lines(syntax, "# a\n", &mut late), ["# a"]);
        let mut little = Budget { bytes: 4, ..Budget::default() };
        let shown = lines(syntax, "# a\n# b\n#", &mut little);
        assert!(shown[0].contains("<span") && shown[1] == "# b" && shown[2] == "#", "{shown:?}");
    }
}
