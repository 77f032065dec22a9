//! A page as a browser reads it, and what is wrong with it for those who use it otherwise than most.

use std::{cell::RefCell, collections::BTreeSet};

use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::RawKind::{Rawtext, Rcdata, ScriptData},
    },
};

/// Elements without an end.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

#[derive(Debug, Default)]
pub(crate) struct Html {
    pub(crate) elements: Vec<Element>,
    /// What a browser has to forgive.
    mistakes: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    /// The text in it and in what is in it.
    pub(crate) text: String,
    /// Where those elements are among all that it is in, the outermost first.
    within: Vec<usize>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    pub(crate) fn has_class(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|all| all.split_whitespace().any(|one| one == class))
    }

    fn shown(&self) -> String {
        let attributes: String =
            self.attributes.iter().map(|(name, value)| format!(" {name}={value:?}")).collect();
        format!("<{}{attributes}>{}", self.name, self.text.trim().chars().take(60).collect::<String>())
    }
}

impl Html {
    pub(crate) fn parse(text: &str) -> Self {
        let tokenizer =
            Tokenizer::new(Reader::default(), TokenizerOpts { exact_errors: true, ..Default::default() });
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(text));
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        let mut reader = tokenizer.sink.0.into_inner();
        for open in reader.open {
            let name = &reader.html.elements[open].name;
            reader.html.mistakes.push(format!("<{name}> does not end"));
        }
        reader.html
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> + 'a {
        self.elements.iter().filter(move |element| element.name == name)
    }

    /// The text of the elements of a name.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        self.all(name).map(|element| element.text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// Where the links lead.
    pub(crate) fn links(&self) -> Vec<&str> {
        self.all("a").filter_map(|link| link.attribute("href")).collect()
    }

    /// The value of the first field of a name.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let field = self.elements.iter().find(|element| element.attribute("name") == Some(name))?;
        // The line break after the beginning of a text is none of the text.
        let text = field.text.strip_prefix('\n').unwrap_or(&field.text);
        Some(if field.name == "textarea" { text } else { field.attribute("value").unwrap_or("on") })
    }

    /// Where the forms are sent to that change something.
    pub(crate) fn forms(&self) -> Vec<&str> {
        let posts = |form: &&Element| form.attribute("method") == Some("post");
        self.all("form").filter(posts).filter_map(|form| form.attribute("action")).collect()
    }

    /// What can be read on the page, in words that are one space apart.
    pub(crate) fn words(&self) -> String {
        self.texts("body").join(" ")
    }

    /// Everything that is wrong with it as a page of this Hub.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = self.mistakes.clone();
        self.runs(&mut faults);
        self.headings(&mut faults);
        self.names(&mut faults);
        self.tables(&mut faults);
        self.posts(&mut faults);
        self.ids(&mut faults);
        faults
    }

    /// What its policy forbids, and what leads elsewhere without care.
    fn runs(&self, faults: &mut Vec<String>) {
        for element in &self.elements {
            let source = element.attribute("src").unwrap_or_default();
            let is_inline = match element.name.as_str() {
                "script" => !source.starts_with("/_page/") || !element.text.is_empty(),
                name => matches!(
                    name,
                    "style" | "iframe" | "object" | "embed" | "base" | "svg" | "math" | "template"
                ),
            };
            let by_attribute = |(name, value): &(String, String)| {
                name.starts_with("on")
                    || matches!(name.as_str(), "style" | "srcdoc" | "formaction" | "ping" | "background")
                    || value.trim_start().to_ascii_lowercase().starts_with("javascript:")
                    || name == "http-equiv"
            };
            if is_inline || element.attributes.iter().any(by_attribute) {
                faults.push(format!("may run or look as it likes: {}", element.shown()));
            }
            let href = element.attribute("href").unwrap_or_default();
            let rel = element.attribute("rel").unwrap_or_default();
            let leads_out = href.contains("://") || href.starts_with("//");
            if element.name == "a" && leads_out && !(rel.contains("noopener") && rel.contains("noreferrer")) {
                faults.push(format!("leads elsewhere without rel: {}", element.shown()));
            }
        }
    }

    fn headings(&self, faults: &mut Vec<String>) {
        let level = |element: &Element| {
            let level = element.name.strip_prefix('h')?.parse::<u8>().ok()?;
            Some((level, element.shown()))
        };
        let mut before = 0;
        for (level, shown) in self.elements.iter().filter_map(level) {
            if level > before + 1 {
                faults.push(format!("a heading of level {level} after one of {before}: {shown}"));
            }
            before = level;
        }
        let (first, titles) = (self.all("h1").count(), self.texts("title"));
        if first != 1 {
            faults.push(format!("{first} headings of level 1"));
        }
        if titles.len() != 1 || titles[0].is_empty() {
            faults.push(format!("titles: {titles:?}"));
        }
        let is_english = self.all("html").any(|html| html.attribute("lang") == Some("en"));
        if !is_english || self.all("main").count() != 1 {
            faults.push("no language, or no main part".to_owned());
        }
    }

    /// Everything that one reads, follows, presses or fills in has a name.
    fn names(&self, faults: &mut Vec<String>) {
        let labelled: BTreeSet<&str> = self.all("label").filter_map(|label| label.attribute("for")).collect();
        for element in &self.elements {
            let named = ["aria-label", "aria-labelledby", "title"]
                .iter()
                .any(|name| element.attribute(name).is_some_and(|text| !text.is_empty()));
            let kind = element.attribute("type").unwrap_or_default();
            let has_name = match element.name.as_str() {
                "input" if matches!(kind, "hidden" | "submit") => true,
                "input" | "select" | "textarea" => {
                    element.attribute("id").is_some_and(|id| labelled.contains(id))
                        || element.within.iter().any(|at| self.elements[*at].name == "label")
                }
                "img" => element.attribute("alt").is_some(),
                "a" | "button" | "summary" | "label" | "option" | "th" | "caption" | "legend" => {
                    !element.text.trim().is_empty() || self.has_picture(element)
                }
                "nav" => false,
                _ => true,
            };
            // Nobody is told of what is hidden, and a column has the name that its author gave it.
            let is_hidden = element.attribute("aria-hidden") == Some("true");
            let is_given = element.name == "th" && self.is_within(element, |outer| outer.has_class("cells"));
            if !has_name && !named && !is_hidden && !is_given {
                faults.push(format!("has no name: {}", element.shown()));
            }
        }
    }

    /// Whether there is a picture with a description in it.
    fn has_picture(&self, outer: &Element) -> bool {
        self.all("img").any(|img| {
            let is_in = img.within.iter().any(|at| std::ptr::eq(&raw const self.elements[*at], outer));
            is_in && img.attribute("alt").is_some_and(|alt| !alt.is_empty())
        })
    }

    /// The head of a column or a row says of what it is one.
    fn tables(&self, faults: &mut Vec<String>) {
        // Those of a card are as Markdown makes them.
        let is_own = |element: &&Element| !self.is_within(element, |outer| outer.has_class("markdown"));
        for head in self.all("th").filter(is_own).filter(|head| head.attribute("scope").is_none()) {
            faults.push(format!("head of what? {}", head.shown()));
        }
        for wide in self.elements.iter().filter(|element| element.has_class("scroll")) {
            if wide.attribute("tabindex") != Some("0") || wide.attribute("role") != Some("region") {
                faults.push(format!("no keyboard scrolls it: {}", wide.shown()));
            }
        }
    }

    fn is_within(&self, element: &Element, is: impl Fn(&Element) -> bool) -> bool {
        element.within.iter().any(|at| is(&self.elements[*at]))
    }

    /// A form goes to this Hub and proves where it comes from.
    fn posts(&self, faults: &mut Vec<String>) {
        for (at, form) in self.elements.iter().enumerate().filter(|(_, element)| element.name == "form") {
            let posts = form.attribute("method") == Some("post");
            let fields = self.elements.iter().filter(|field| field.within.contains(&at));
            let tokens = fields.filter(|field| field.attribute("name") == Some("form_token")).count();
            let is_own =
                form.attribute("action").is_some_and(|to| to.starts_with('/') && !to.starts_with("//"));
            if tokens != usize::from(posts) || (posts && !is_own) {
                faults.push(format!("{tokens} tokens in {}", form.shown()));
            }
        }
    }

    /// An id is there once, and what is named by its id is there.
    fn ids(&self, faults: &mut Vec<String>) {
        let mut ids = BTreeSet::new();
        for id in self.elements.iter().filter_map(|element| element.attribute("id")) {
            if !ids.insert(id) || id.is_empty() {
                faults.push(format!("the id {id:?} is there twice"));
            }
        }
        for element in &self.elements {
            let lead = |name| element.attribute(name).into_iter().flat_map(str::split_whitespace);
            let anchor = element.attribute("href").and_then(|href| href.strip_prefix('#'));
            let named = lead("for").chain(lead("aria-labelledby")).chain(lead("aria-describedby"));
            for id in named.chain(anchor).filter(|id| !ids.contains(id)) {
                faults.push(format!("{} names {id:?}, which is not there", element.shown()));
            }
        }
    }
}

#[derive(Default)]
struct Reader(RefCell<Reading>);

#[derive(Default)]
struct Reading {
    html: Html,
    open: Vec<usize>,
}

impl Reading {
    fn start(&mut self, name: String, attributes: Vec<(String, String)>) {
        let within = self.open.clone();
        if !VOID.contains(&&*name) {
            self.open.push(self.html.elements.len());
        }
        self.html.elements.push(Element { name, attributes, text: String::new(), within });
    }

    fn end(&mut self, name: &str) {
        match self.open.pop() {
            Some(open) if self.html.elements[open].name == name => {}
            open => {
                let open = open.map(|open| self.html.elements[open].name.clone());
                self.html.mistakes.push(format!("</{name}> where {open:?} is open"));
            }
        }
    }

    fn text(&mut self, text: &str) {
        for open in &self.open {
            self.html.elements[*open].text.push_str(text);
        }
    }
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut reading = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                if tag.had_duplicate_attributes {
                    reading.html.mistakes.push(format!("<{}> has an attribute twice", tag.name));
                }
                let attributes =
                    tag.attrs.iter().map(|one| (one.name.local.to_string(), one.value.to_string()));
                reading.start(tag.name.to_string(), attributes.collect());
                return match &*tag.name {
                    "title" | "textarea" => TokenSinkResult::RawData(Rcdata),
                    "style" => TokenSinkResult::RawData(Rawtext),
                    "script" => TokenSinkResult::RawData(ScriptData),
                    _ => TokenSinkResult::Continue,
                };
            }
            Token::TagToken(tag) => reading.end(&tag.name),
            Token::CharacterTokens(text) => reading.text(&text),
            Token::NullCharacterToken => reading.html.mistakes.push("a NUL".to_owned()),
            Token::ParseError(error) => reading.html.mistakes.push(format!("line {line}: {error}")),
            Token::CommentToken(_) | Token::DoctypeToken(_) | Token::EOFToken => {}
        }
        TokenSinkResult::Continue
    }
}

#[test]
fn a_page_with_faults_is_told_from_one_without() {
    let page = |main: &str| {
        Html::parse(&format!(
            "<!DOCTYPE html><html lang=\"en\"><title>T</title><body><main><h1>A</h1>{main}</main></body></html>"
        ))
        .faults()
    };
    let good = "<h2 id=\"a\">B</h2><a href=\"#a\">c</a><form method=\"post\" action=\"/x\"><input type=\"hidden\" \
                name=\"form_token\" value=\"t\"><label for=\"n\">N</label><input id=\"n\"><button>Go</button></form>\
                <script src=\"/_page/page.js\"></script><a href=\"https://a.example\" rel=\"noopener noreferrer\">d</a>";
    assert_eq!(page(good), Vec::<String>::new());
    for bad in [
        "<h3>deep</h3>",
        "<h1>two</h1>",
        "<p>open",
        "<b></i></b>",
        "<input>",
        "<a href=\"/x\"></a>",
        "<a href=\"https://a.example\">out</a>",
        "<a href=\"#nowhere\">x</a>",
        "<p style=\"color:red\">x</p>",
        "<p onclick=\"x()\">x</p>",
        "<script>x()</script>",
        "<style>x{}</style>",
        "<a href=\" JavaScript:x()\">x</a>",
        "<img src=\"/x\">",
        "<th>x</th>",
        "<p id=\"a\"></p><p id=\"a\"></p>",
        "<form method=\"post\" action=\"/x\"><button>Go</button></form>",
        "<form method=\"post\" action=\"//evil.example\"><input type=\"hidden\" name=\"form_token\"></form>",
        "<form action=\"/search\"><input type=\"hidden\" name=\"form_token\"></form>",
        "<nav><a href=\"/x\">x</a></nav>",
        "<p a=\"1\" a=\"2\"></p>",
    ] {
        assert!(!page(bad).is_empty(), "{bad}");
    }
}
