//! Paths as a tree for people.

use std::collections::BTreeMap;

use crate::shown;

/// A folder or file by the names below it.
#[derive(Debug, Default)]
struct Node<'a> {
    note: &'a str,
    below: BTreeMap<&'a str, Node<'a>>,
}

/// One line for each path, and for each folder on the way to one; what is said of a path stands behind its name.
pub(crate) fn lines(entries: &[(String, String)]) -> Vec<String> {
    let mut root = Node::default();
    for (path, note) in entries {
        let node = path.split('/').fold(&mut root, |node, name| node.below.entry(name).or_default());
        node.note = note;
    }
    let mut lines = Vec::new();
    draw(&root, "", &mut lines);
    lines
}

fn draw(node: &Node<'_>, indent: &str, lines: &mut Vec<String>) {
    let last = node.below.len().saturating_sub(1);
    for (at, (name, below)) in node.below.iter().enumerate() {
        let (branch, further) = if at == last { ("└── ", "    ") } else { ("├── ", "│   ") };
        let gap = if below.note.is_empty() { "" } else { "  " };
        lines.push(format!("{indent}{branch}{}{gap}{}", shown::name(name), below.note));
        draw(below, &format!("{indent}{further}"), lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_below_their_folders() {
        let entries = [("a.txt", "1 B"), ("b", ""), ("b/c/d", "2 B"), ("b/e", "3 B")];
        let entries = entries.map(|(path, note)| (path.to_owned(), note.to_owned()));
        assert_eq!(
            lines(&entries),
            ["├── a.txt  1 B", "└── b", "    ├── c", "    │   └── d  2 B", "    └── e  3 B"]
        );
        assert_eq!(lines(&[]), [""; 0]);
    }
}
