//! HTML in Markdown as a row of tags and texts. It is read once from the front to the end, whatever is in it.

/// A piece of HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'h> {
    /// What is no tag, as it stands there: with its entities.
    Text(&'h str),
    /// Name in small letters, and attributes whose values are as they stand there.
    Open(String, Vec<(String, &'h str)>),
    /// Name in small letters.
    Close(String),
}

/// What these have in them is no text for people, and no HTML either.
const UNREADABLE: [&str; 2] = ["script", "style"];
/// Attributes of one tag that are looked at.
const MOST_ATTRIBUTES: usize = 64;

/// The pieces of some HTML, without comments and the like. What is begun and never ended goes to the end of it.
pub(super) struct Tokens<'h> {
    rest: &'h str,
}

impl<'h> Tokens<'h> {
    pub(super) const fn of(html: &'h str) -> Self {
        Self { rest: html }
    }

    /// Goes behind the next `end`, or to the end.
    fn skip_behind(&mut self, end: &str) {
        self.rest = self.rest.split_once(end).map_or("", |(_, rest)| rest);
    }

    /// Goes before the closing tag of an element whose content is nothing to be shown.
    fn skip_content(&mut self, name: &str) {
        let mut from = 0;
        while let Some(at) = self.rest.get(from..).and_then(|rest| rest.find("</")) {
            let begin = from + at;
            let after = self.rest.get(begin + 2..begin + 2 + name.len());
            if after.is_some_and(|after| after.eq_ignore_ascii_case(name)) {
                self.rest = self.rest.get(begin..).unwrap_or_default();
                return;
            }
            from = begin + 2;
        }
        self.rest = "";
    }

    /// The tag that begins here with its name; `None` where it is not ended.
    fn tag(&mut self) -> Option<Token<'h>> {
        let rest = self.rest.strip_prefix('<')?;
        let (closes, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let is_part = |c: char| !c.is_whitespace() && c != '/' && c != '>';
        let (name, mut rest) = split_while(rest, is_part);
        let name = name.to_ascii_lowercase();
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if let Some(after) = rest.strip_prefix('>') {
                self.rest = after;
                return Some(if closes { Token::Close(name) } else { Token::Open(name, attributes) });
            }
            if rest.is_empty() {
                return None;
            }
            // A name may begin with an equals sign.
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let more = rest.get(first..).unwrap_or_default().find(|c: char| !is_part(c) || c == '=');
            let (key, after) = rest.split_at_checked(more.map_or(rest.len(), |more| first + more))?;
            let (value, after) = value(after)?;
            rest = after;
            if attributes.len() < MOST_ATTRIBUTES {
                attributes.push((key.to_ascii_lowercase(), value));
            }
        }
    }
}

/// The value behind the name of an attribute, and what comes after; `None` where its quotes do not end.
fn value(after: &str) -> Option<(&str, &str)> {
    let Some(value) = after.trim_start().strip_prefix('=').map(str::trim_start) else {
        return Some(("", after));
    };
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            return quoted.split_once(quote);
        }
    }
    Some(split_while(value, |c| !c.is_whitespace() && c != '>'))
}

/// Whether a sign `<` is followed by a name, as that of a tag is.
fn begins_tag(html: &str) -> bool {
    let name = html.strip_prefix("</").or_else(|| html.strip_prefix('<'));
    name.is_some_and(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
}

fn split_while(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

impl<'h> Iterator for Tokens<'h> {
    type Item = Token<'h>;

    fn next(&mut self) -> Option<Token<'h>> {
        while !self.rest.is_empty() {
            let (text, rest) = split_while(self.rest, |c| c != '<');
            if !text.is_empty() {
                self.rest = rest;
                return Some(Token::Text(text));
            }
            if self.rest.starts_with("<!--") {
                self.skip_behind("-->");
            } else if self.rest.starts_with("<![CDATA[") {
                self.skip_behind("]]>");
            } else if self.rest.starts_with("<?") {
                self.skip_behind("?>");
            } else if self.rest.starts_with("<!") {
                self.skip_behind(">");
            } else if !begins_tag(self.rest) {
                let (sign, rest) = self.rest.split_at_checked(1)?;
                self.rest = rest;
                return Some(Token::Text(sign));
            } else {
                match self.tag() {
                    Some(Token::Open(name, _)) if UNREADABLE.contains(&name.as_str()) => {
                        self.skip_content(&name);
                    }
                    Some(tag) => return Some(tag),
                    // Nothing that comes after it is a tag of its own.
                    None => return Some(Token::Text(std::mem::take(&mut self.rest))),
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn open(name: &str, attributes: &[(&str, &'static str)]) -> Token<'static> {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        Token::Open(name.to_owned(), attributes)
    }

    #[test]
    fn tags_are_read_as_a_browser_reads_them() {
        let close = |name: &str| Token::Close(name.to_owned());
        let table = [
            ("a<b>c</B >", vec![Token::Text("a"), open("b", &[]), Token::Text("c"), close("b")]),
            ("<br/>", vec![open("br", &[])]),
            (
                "<IMG src = 'a>b' alt=x width=\"1\" hidden>",
                vec![open("img", &[("src", "a>b"), ("alt", "x"), ("width", "1"), ("hidden", "")])],
            ),
            ("<a/onclick=x/y>", vec![open("a", &[("onclick", "x/y")])]),
            ("<p =x>", vec![open("p", &[("=x", "")])]),
            ("a <!-- <b> --> c", vec![Token::Text("a "), Token::Text(" c")]),
            ("<!DOCTYPE x><?php <b> ?><![CDATA[<b>]]>d", vec![Token::Text("d")]),
            ("<script>if (a</b) x</SCRIPT >d", vec![close("script"), Token::Text("d")]),
            ("1 < 2", vec![Token::Text("1 "), Token::Text("<"), Token::Text(" 2")]),
            ("</ b>", vec![Token::Text("<"), Token::Text("/ b>")]),
            ("<p title=\"<b>", vec![Token::Text("<p title=\"<b>")]),
            ("a<!-- b", vec![Token::Text("a")]),
            ("<style>p{}", vec![]),
        ];
        for (html, expected) in table {
            assert_eq!(Tokens::of(html).collect::<Vec<_>>(), expected, "{html}");
        }
    }

    #[test]
    fn what_never_ends_is_read_once() {
        for piece in ["<a \"", "<a ", "<!--", "<script>", "<", "</", "<a b='"] {
            let html = piece.repeat(200_000);
            assert!(Tokens::of(&html).count() <= html.len(), "{piece}");
        }
    }

    proptest! {
        #[test]
        fn anything_is_read_to_its_end(html in "[<>/a-c!?='\" \\-\\[\\]ü]{0,60}") {
            prop_assert!(Tokens::of(&html).count() <= html.len());
        }
    }
}
