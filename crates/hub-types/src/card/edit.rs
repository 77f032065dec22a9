//! Changing some fields of a head and leaving the rest as its author wrote it.

use super::{CardMap, CardValue, dump, head::lines, yaml::read};

/// The lines of one field, with the comments and empty lines before them.
struct Block {
    before: String,
    lines: String,
    /// The field, if the lines can be read by themselves.
    field: Option<(String, CardValue)>,
}

/// The YAML with these fields. Lines of fields that do not change stay as they are; a new field comes last. `None` is never said:
/// what cannot be changed line by line is written anew.
pub(super) fn edit(yaml: &str, fields: &CardMap, newline: &str) -> String {
    let wanted = without_nulls(fields);
    let edited = by_lines(yaml, &wanted, newline);
    let found = read(&edited, 0).map(|found| without_nulls(&found.unwrap_or_default()));
    if found.is_ok_and(|found| found.says_the_same(&wanted)) {
        return edited;
    }
    with_newlines(&dump::fields(&wanted), newline)
}

fn without_nulls(fields: &CardMap) -> CardMap {
    let is_some = |(_, value): &(&str, &CardValue)| **value != CardValue::Null;
    fields.iter().filter(is_some).map(|(name, value)| (name, value.clone())).collect()
}

fn by_lines(yaml: &str, wanted: &CardMap, newline: &str) -> String {
    let (blocks, after) = blocks(yaml);
    let mut edited = String::new();
    let mut known = Vec::new();
    for block in blocks {
        edited.push_str(&block.before);
        let Some((name, old)) = block.field else {
            edited.push_str(&block.lines);
            continue;
        };
        match wanted.get(&name) {
            Some(new) if *new == old => edited.push_str(&block.lines),
            Some(new) => edited.push_str(&changed(&block.lines, &name, new, newline)),
            None if old == CardValue::Null => edited.push_str(&block.lines),
            None => {}
        }
        known.push(name);
    }
    let mut new = String::new();
    for (name, value) in wanted.iter().filter(|(name, _)| !known.iter().any(|known| known == name)) {
        dump::field(&mut new, name, value, 0);
    }
    if !new.is_empty() && !edited.is_empty() && !edited.ends_with(['\n', '\r']) {
        edited.push_str(newline);
    }
    edited.push_str(&with_newlines(&new, newline));
    edited.push_str(&after);
    edited
}

/// The blocks of the top fields, and the comments behind the last.
fn blocks(yaml: &str) -> (Vec<Block>, String) {
    let mut blocks: Vec<Block> = Vec::new();
    // Comments and empty lines that may belong to the field above or to the one below.
    let mut open = String::new();
    for line in lines(yaml) {
        let bare = line.trim_end_matches(['\r', '\n']);
        if bare.trim().is_empty() || bare.starts_with('#') {
            open.push_str(line);
        } else if let Some(block) = blocks.last_mut().filter(|_| bare.starts_with([' ', '\t', '-', ']', '}']))
        {
            block.lines.push_str(&std::mem::take(&mut open));
            block.lines.push_str(line);
        } else {
            let before = std::mem::take(&mut open);
            blocks.push(Block { before, lines: line.to_owned(), field: None });
        }
    }
    for block in &mut blocks {
        let alone = read(&block.lines, 0).ok().flatten();
        block.field = alone
            .filter(|fields| fields.len() == 1)
            .and_then(|fields| fields.iter().next().map(|(name, value)| (name.to_owned(), value.clone())));
    }
    (blocks, open)
}

/// The lines of a field with another value. A comment behind a value in one line stays.
fn changed(old: &str, name: &str, value: &CardValue, newline: &str) -> String {
    let mut new = String::new();
    dump::field(&mut new, name, value, 0);
    if lines(old).count() == 1
        && new.lines().count() == 1
        && let Some(comment) = comment(old)
    {
        let with_comment = format!("{} {comment}\n", new.trim_end());
        let same = |fields: CardMap| fields.get(name) == Some(value);
        if read(&with_comment, 0).is_ok_and(|found| found.is_some_and(same)) {
            new = with_comment;
        }
    }
    with_newlines(&new, newline)
}

/// The comment at the end of a line: what no quotes are around.
fn comment(line: &str) -> Option<&str> {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') if before.is_whitespace() => quote = Some(c),
            (None, '#') if before.is_whitespace() => return line.get(at..).map(str::trim_end),
            (None, _) => {}
        }
        before = c;
    }
    None
}

fn with_newlines(yaml: &str, newline: &str) -> String {
    if newline == "\n" { yaml.to_owned() } else { yaml.replace('\n', newline) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "# what it is\nlicense: mit # as the data\nlanguage:\n- fr\n- en\n\n# how to find it\ntags: [a,  b]\n'odd name':   |\n  two\n\n  lines\nno_value:\n# the end\n";

    fn with(change: impl FnOnce(&mut CardMap)) -> String {
        let mut fields = read(HEAD, 0).unwrap().unwrap();
        change(&mut fields);
        edit(HEAD, &fields, "\n")
    }

    #[test]
    fn what_does_not_change_stays_byte_for_byte() {
        assert_eq!(with(|_| {}), HEAD);
        let same = |fields: &mut CardMap| drop(fields.insert("tags", ["a", "b"]));
        assert_eq!(with(same), HEAD);
    }

    #[test]
    fn a_changed_field_keeps_its_place_and_its_comments() {
        let license = with(|fields| drop(fields.insert("license", "apache-2.0")));
        assert_eq!(license, HEAD.replace("mit #", "apache-2.0 #"));
        let language = with(|fields| drop(fields.insert("language", ["no"])));
        assert_eq!(language, HEAD.replace("- fr\n- en\n", "- 'no'\n"));
        let tags = with(|fields| drop(fields.insert("tags", ["x"])));
        assert_eq!(tags, HEAD.replace("tags: [a,  b]\n", "tags:\n- x\n"));
        let odd = with(|fields| drop(fields.insert("odd name", 1u64)));
        assert_eq!(odd, HEAD.replace("'odd name':   |\n  two\n\n  lines\n", "odd name: 1\n"));
    }

    #[test]
    fn a_new_field_comes_last_and_a_removed_one_is_gone() {
        let new = with(|fields| drop(fields.insert("base_model", "ada/base")));
        assert_eq!(new, HEAD.replace("no_value:\n", "no_value:\nbase_model: ada/base\n"));
        let removed = with(|fields| drop(fields.remove("tags")));
        assert_eq!(removed, HEAD.replace("tags: [a,  b]\n", ""));
        let null = with(|fields| drop(fields.insert("license", CardValue::Null)));
        assert_eq!(null, HEAD.replace("license: mit # as the data\n", ""));
        assert_eq!(edit("", &CardMap::from_iter([("a", 1u64)]), "\r\n"), "a: 1\r\n");
        assert_eq!(edit("a: 1", &CardMap::from_iter([("a", 1u64), ("b", 2)]), "\n"), "a: 1\nb: 2\n");
    }

    #[test]
    fn what_cannot_be_changed_line_by_line_is_written_anew() {
        for head in ["{a: 1, b: 2}\n", "a: &x 1\nb: *x\n", "? a\n: 1\n? b\n: 2\n", "a: 1\na: 1\nb: 2\n"] {
            let mut fields = read(head, 0).unwrap().unwrap();
            fields.insert("a", 3u64);
            let edited = edit(head, &fields, "\n");
            assert!(read(&edited, 0).unwrap().unwrap().says_the_same(&fields), "{head:?}: {edited:?}");
        }
    }

    proptest! {
        #[test]
        fn an_edited_head_says_what_was_asked_for(
            head in "([a-e]: ?([a-z#' :]{0,6}|\\[a, b\\]|\n- x\n- y: 1|\\|\n  t)( # c)?\n|# c\n|\n){0,8}",
            name in "[a-g]",
            value in "[a-z#:' -]{0,8}",
            remove: bool,
        ) {
            let Ok(found) = read(&head, 0) else { return Ok(()) };
            let mut fields = found.unwrap_or_default();
            if remove {
                fields.remove(&name);
            } else {
                fields.insert(name, value);
            }
            let edited = edit(&head, &fields, "\n");
            let again = without_nulls(&read(&edited, 0).unwrap().unwrap_or_default());
            prop_assert!(again.says_the_same(&without_nulls(&fields)), "{head:?} became {edited:?}");
        }
    }
}
