//! Links that lead nowhere, with their anchors: in the built pages, and in the Markdown files as a forge shows them.
//!
//! Links to other sites are not followed: what they answer changes without a change here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::{Outcome, read};

/// Markdown files that are not part of the book.
const OUTSIDE: [&str; 6] = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "tests/contract/README.md",
    "examples/README.md",
];
/// Pages that mdBook makes for itself.
const MADE: [&str; 3] = ["print.html", "toc.html", "404.html"];

/// Links that lead nowhere on a forge, where Markdown files are read as they are: those of the chapters and of the files outside
/// the book.
pub(super) fn in_files(root: &Path) -> Outcome<Vec<String>> {
    let mut files: Vec<String> = OUTSIDE.map(str::to_owned).into();
    files.extend(super::chapters(&root.join("docs"))?.into_iter().map(|name| format!("docs/{name}")));
    files.push("docs/SUMMARY.md".to_owned());
    let mut faults = Vec::new();
    for file in files {
        let text = read(&root.join(&file))?;
        let folder = root.join(&file).parent().map_or_else(PathBuf::new, Path::to_path_buf);
        for link in links(&text).into_iter().filter(|link| is_local(link)) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { root.join(&file) } else { folder.join(path) };
            if !target.exists() {
                faults.push(format!("{file} links to {link}, which is not there"));
            } else if !anchor.is_empty() && !headings(&read(&target)?).contains(anchor) {
                faults.push(format!("{file} links to {link}: no such heading is there"));
            }
        }
    }
    Ok(faults)
}

/// The targets of the links of a Markdown file, without what stands in code.
fn links(text: &str) -> Vec<String> {
    let prose: String =
        prose(text).map(|line| line.split('`').step_by(2).collect::<Vec<_>>().join("`") + "\n").collect();
    between(&prose, "](", ")").map(str::to_owned).collect()
}

/// The names under which a forge, and mdBook, can be led to the headings of a Markdown file.
fn headings(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in prose(text).filter(|line| line.starts_with('#')) {
        let name = slug(line.trim_start_matches('#').trim());
        let free = std::iter::once(name.clone()).chain((1..).map(|n| format!("{name}-{n}")));
        names.extend(free.into_iter().find(|name| !names.contains(name)));
    }
    names
}

/// A heading as the name of a place: small letters, hyphens for spaces, and no other signs.
fn slug(heading: &str) -> String {
    let sign = |sign: char| match sign {
        ' ' => Some('-'),
        sign if sign.is_alphanumeric() || sign == '-' || sign == '_' => Some(sign),
        _ => None,
    };
    heading.to_lowercase().chars().filter_map(sign).collect()
}

/// The lines that are not in a block of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

/// What a page can be linked at, and what it links to.
#[derive(Default)]
struct Page {
    anchors: BTreeSet<String>,
    links: Vec<String>,
}

/// Links of the pages below `folder` that lead to no page, or to no place in one.
pub(super) fn in_pages(folder: &Path) -> Outcome<Vec<String>> {
    let mut pages = BTreeMap::new();
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".html") && !MADE.contains(&name.as_str()) {
            pages.insert(PathBuf::from(name), page(&read(&path)?));
        }
    }
    Ok(faults(&pages))
}

fn page(html: &str) -> Page {
    let main = between(html, "<main>", "</main>").next().unwrap_or_default();
    Page {
        anchors: between(main, " id=\"", "\"").map(str::to_owned).collect(),
        links: between(main, " href=\"", "\"").filter(|link| is_local(link)).map(str::to_owned).collect(),
    }
}

fn faults(pages: &BTreeMap<PathBuf, Page>) -> Vec<String> {
    let mut faults = Vec::new();
    for (from, page) in pages {
        for link in &page.links {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { from.clone() } else { plain(&from.with_file_name(path)) };
            let found = pages.get(&target).map(|page| anchor.is_empty() || page.anchors.contains(anchor));
            let problem = match found {
                Some(true) => continue,
                Some(false) => "no such heading is there",
                None => "which is not part of the book",
            };
            faults.push(format!("{} links to {link}: {problem}", from.display()));
        }
    }
    faults
}

/// A path without `.` and, where a folder stands before it, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// True for a link that does not name another site.
fn is_local(link: &str) -> bool {
    !link.contains("://") && !link.starts_with("mailto:")
}

/// Every text that stands between two others.
fn between<'t>(text: &'t str, open: &'t str, close: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(open).skip(1).filter_map(move |rest| Some(rest.split_once(close)?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(pages: &[(&str, &str)]) -> Vec<String> {
        let pages =
            pages.iter().map(|(name, main)| (PathBuf::from(name), page(&format!("<main>{main}</main>"))));
        faults(&pages.collect())
    }

    #[test]
    fn a_link_to_a_page_and_to_a_heading_is_fine() {
        let a = "<a href=\"b.html#x\">b</a> <a class=\"header\" href=\"#y\">y</a> <h2 id=\"y\"></h2>";
        let b = "<h2 id=\"x\"></h2> <a href=\"./a.html\">a</a> <a href=\"https://example.org/#q\">w</a>";
        assert!(book(&[("a.html", a), ("b.html", b)]).is_empty());
    }

    #[test]
    fn a_missing_page_and_a_missing_heading_are_faults() {
        let a = "<a href=\"b.html#x\">b</a> <a href=\"../README.html\">r</a> <a href=\"#y\">y</a>";
        assert_eq!(book(&[("a.html", a), ("b.html", "")]).len(), 3);
    }

    #[test]
    fn links_and_headings_of_markdown_are_found_outside_code() {
        let text = "# One, `two`!\n[a](b.md#c) `[x](y)` [d](#e)\n```\n# not [f](g)\n```\n## One two\n";
        assert_eq!(links(text), ["b.md#c", "#e"]);
        assert_eq!(headings(text), ["one-two", "one-two-1"].map(str::to_owned).into());
    }

    #[test]
    fn what_is_around_the_text_of_a_page_does_not_count() {
        let html = "<nav><a href=\"gone.html\"></a></nav><main><p id=\"a\"></p></main>";
        assert_eq!(page(html).links.len(), 0);
        assert!(page(html).anchors.contains("a"));
    }
}
