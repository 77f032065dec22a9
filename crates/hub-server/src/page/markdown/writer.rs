//! Writes elements so that each is closed in order, whatever is opened, and they are neither too many nor too deep for what reads
//! them next.

use std::collections::HashMap;

use super::{
    element::{self, Element, Kind},
    raw_html::{Token, Tokens},
};

/// Elements of one text.
const MOST_ELEMENTS: usize = 50_000;
/// Elements inside of each other.
const DEEPEST: usize = 100;
/// Letters of the name of a title.
const LONGEST_NAME: usize = 100;
/// What HTML in a text may say of an element, besides what is looked at when it is cleaned.
const ATTRIBUTES: [&str; 12] =
    ["align", "alt", "colspan", "height", "href", "id", "open", "rowspan", "src", "start", "title", "width"];

/// An element that is open.
struct Open {
    /// None where it is left out.
    element: Option<&'static Element>,
    /// As it is written.
    tag: &'static str,
    /// Whether it is HTML in the text, which nothing but HTML and the end of what is around it closes.
    is_html: bool,
}

/// An element of Markdown that is not written.
const LEFT_OUT: Open = Open { element: None, tag: "", is_html: false };

/// A title that is being written.
struct Heading {
    /// Where its name goes.
    at: usize,
    text: String,
}

#[derive(Default)]
pub(super) struct Writer {
    out: String,
    open: Vec<Open>,
    /// The tags of those that are of the kind that does not stand within itself.
    formats: Vec<&'static str>,
    elements: usize,
    heading: Option<Heading>,
    /// How many levels of titles were opened before.
    level: usize,
    /// How often each name of a title was given.
    names: HashMap<String, usize>,
}

impl Writer {
    /// Whether so many elements more are allowed.
    pub(super) fn has_room(&self, elements: usize) -> bool {
        self.elements + elements <= MOST_ELEMENTS
    }

    /// What was written, with all that is open closed.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    pub(super) fn text(&mut self, text: &str) {
        self.add_to_heading(text);
        escape_into(&mut self.out, text, true);
    }

    pub(super) fn line(&mut self) {
        self.out.push('\n');
    }

    /// Adds HTML of our own with so many elements.
    pub(super) fn own(&mut self, html: &str, elements: usize) {
        self.elements += elements;
        self.out.push_str(html);
    }

    pub(super) fn begin_heading(&mut self, element: &'static Element) {
        if self.begin(element, "") {
            // Before the sign that ends the tag.
            self.heading = Some(Heading { at: self.out.len() - 1, text: String::new() });
        }
    }

    pub(super) fn end_heading(&mut self) {
        if let Some(Heading { at, text }) = self.heading.take() {
            let name = self.name(&text);
            self.out.insert_str(at, &format!(" id=\"{name}\""));
        }
        self.end();
    }

    fn add_to_heading(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(text);
        }
    }

    /// A name for a title that no other one has, as the Hub makes it.
    fn name(&mut self, title: &str) -> String {
        let letter = |c: char| match c {
            c if c.is_whitespace() => Some('-'),
            c if c.is_alphanumeric() || matches!(c, '-' | '_') => Some(c),
            _ => None,
        };
        let title = title.trim().to_lowercase();
        let mut name: String = title.chars().filter_map(letter).take(LONGEST_NAME).collect();
        if name.is_empty() {
            name.push_str("section");
        }
        let count = self.names.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 { format!("{name}-{}", *count - 1) } else { name }
    }

    /// Adds HTML of the author.
    pub(super) fn html(&mut self, html: &str) {
        for token in Tokens::of(html) {
            if !self.has_room(0) {
                return;
            }
            match token {
                Token::Text(text) => {
                    self.add_to_heading(text);
                    escape_into(&mut self.out, text, false);
                }
                Token::Open(name, attributes) => self.open_html(&name, &attributes),
                Token::Close(name) => self.close_html(&name),
            }
        }
    }

    fn open_html(&mut self, name: &str, attributes: &[(String, &str)]) {
        let Some(element) = element::named(name) else { return };
        let mut text = String::new();
        for known in ATTRIBUTES {
            let is =
                |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| *value);
            // Places had names before they had ids.
            let value = is(known).or_else(|| is("name").filter(|_| name == "a" && known == "id"));
            if let Some(value) = value {
                text.push_str(&format!(" {known}=\""));
                escape_into(&mut text, value, false);
                text.push('"');
            }
        }
        match name {
            "center" => text.push_str(" align=\"center\""),
            "pre" => text.push_str(" tabindex=\"0\""),
            "img" if !text.contains(" alt=") => text.push_str(" alt=\"\""),
            _ => {}
        }
        if element.kind == Kind::Void {
            self.void(element, &text);
        } else {
            self.begin_as(element, &text, true);
        }
    }

    fn close_html(&mut self, name: &str) {
        let mine = self.open.iter().rev().take_while(|open| open.is_html);
        let above = mine.take_while(|open| open.element.is_none_or(|element| element.name != name)).count();
        let is_there = self.open.iter().rev().nth(above).is_some_and(|open| open.is_html);
        if is_there {
            for _ in 0..=above {
                self.close();
            }
        }
    }

    pub(super) fn void(&mut self, element: &'static Element, attributes: &str) {
        self.end_before(element);
        self.elements += 1;
        self.out.push_str(&format!("<{}{attributes}>", element.tag));
    }

    /// Opens an element of Markdown, unless it cannot stand here: then false. It is to be ended either way.
    pub(super) fn begin(&mut self, element: &'static Element, attributes: &str) -> bool {
        self.begin_as(element, attributes, false)
    }

    /// As [`Self::begin`], for one that ends with what is around it.
    pub(super) fn begin_within(&mut self, element: &'static Element) {
        self.begin_as(element, "", true);
    }

    fn begin_as(&mut self, element: &'static Element, attributes: &str, is_html: bool) -> bool {
        self.end_before(element);
        let is_within = self.formats.contains(&element.tag);
        if self.open.len() >= DEEPEST || is_within {
            if !is_html {
                self.open.push(LEFT_OUT);
            }
            return false;
        }
        self.elements += 1;
        if element.kind == Kind::Format {
            self.formats.push(element.tag);
        }
        if element.tag == "table" {
            // What is wider than the page moves by itself.
            self.out.push_str("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">");
        }
        let tag = self.tag(element);
        self.out.push_str(&format!("<{tag}{attributes}>"));
        self.open.push(Open { element: Some(element), tag, is_html });
        true
    }

    /// The tag of an element. Titles go down step by step, beginning below that of the page.
    fn tag(&mut self, element: &'static Element) -> &'static str {
        let level = element::HEADINGS.iter().position(|heading| heading == element);
        let Some(level) = level else { return element.tag };
        let level = level.min(self.level);
        self.level = level + 1;
        element::HEADINGS.get(level).map_or(element.tag, |heading| heading.tag)
    }

    /// Ends what HTML ends by itself where the next element begins.
    fn end_before(&mut self, next: &Element) {
        while let Some(Open { element: Some(element), is_html: true, .. }) = self.open.last()
            && element::ends_before(element, next)
        {
            self.close();
        }
    }

    /// Ends the last element of Markdown, with the HTML in it.
    pub(super) fn end(&mut self) {
        while self.open.last().is_some_and(|open| open.is_html) {
            self.close();
        }
        self.close();
    }

    fn close(&mut self) {
        let Some(Open { element: Some(element), tag, .. }) = self.open.pop() else { return };
        if element.kind == Kind::Format {
            self.formats.pop();
        }
        self.out.push_str(&format!("</{tag}>"));
        if tag == "table" {
            self.out.push_str("</div>");
        }
        if element.kind == Kind::Block {
            self.out.push('\n');
        }
    }
}

/// A text as HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    escape_into(&mut html, text, true);
    html
}

/// Adds a text; where it has entities of its own, these stay.
fn escape_into(html: &mut String, text: &str, with_ampersands: bool) {
    for c in text.chars() {
        match c {
            '&' if with_ampersands => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
}
