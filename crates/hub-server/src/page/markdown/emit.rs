//! Markdown as HTML. It is not clean: links lead where the author says.

use std::collections::HashMap;

use pulldown_cmark::{
    Alignment, BlockQuoteKind, CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd,
};

use super::{
    element,
    writer::{Writer, escaped},
};
use crate::page::highlight;

/// A text as HTML.
pub(super) struct Emitted {
    pub(super) html: String,
    /// Whether all of it is there.
    pub(super) is_whole: bool,
}

/// Makes HTML of Markdown.
pub(super) fn emit(text: &str) -> Emitted {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM;
    let mut emitter = Emitter::default();
    for event in Parser::new_ext(text, options) {
        if !emitter.writer.has_room(0) {
            break;
        }
        emitter.event(event);
    }
    let is_whole = emitter.writer.has_room(0);
    Emitted { html: emitter.writer.finish(), is_whole }
}

/// An image that is being read.
#[derive(Default)]
struct Image {
    src: String,
    title: String,
    alt: String,
    /// Links and images inside of it.
    depth: usize,
}

#[derive(Default)]
struct Emitter<'t> {
    writer: Writer,
    image: Option<Image>,
    /// The language and the text of a block of code.
    code: Option<(String, String)>,
    html: Option<String>,
    footnotes: HashMap<CowStr<'t>, usize>,
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
    budget: highlight::Budget,
}

impl<'t> Emitter<'t> {
    fn event(&mut self, event: Event<'t>) {
        if self.image.is_some() {
            self.in_image(&event);
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.writer.text(&text),
            },
            Event::Code(code) => {
                self.writer.begin(&element::CODE, "");
                self.writer.text(&code);
                self.writer.end();
            }
            Event::Html(html) => match &mut self.html {
                Some(block) => block.push_str(&html),
                None => self.writer.html(&html),
            },
            Event::InlineHtml(html) => self.writer.html(&html),
            Event::FootnoteReference(name) => {
                let number = self.footnote(name);
                self.writer.begin(&element::SUP, "");
                self.writer.begin(&element::LINK, &format!(" href=\"#note-{number}\""));
                self.writer.text(&number.to_string());
                self.writer.end();
                self.writer.end();
            }
            Event::SoftBreak => self.writer.line(),
            Event::HardBreak => self.writer.void(&element::BR, ""),
            Event::Rule => self.writer.void(&element::HR, ""),
            Event::TaskListMarker(is_done) => self.writer.text(if is_done { "☑ " } else { "☐ " }),
            // They are not asked for.
            Event::InlineMath(text) | Event::DisplayMath(text) => self.writer.text(&text),
        }
    }

    fn start(&mut self, tag: Tag<'t>) {
        let (element, attributes) = match tag {
            Tag::Paragraph => (&element::PARAGRAPH, String::new()),
            Tag::Heading { level, .. } => {
                let [first, ..] = &element::HEADINGS;
                let heading = element::HEADINGS.get(level as usize - 1).unwrap_or(first);
                return self.writer.begin_heading(heading);
            }
            Tag::BlockQuote(kind) => return self.quote(kind),
            Tag::CodeBlock(kind) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(words) => words.split([' ', ',', '{']).next().unwrap_or_default(),
                    CodeBlockKind::Indented => "",
                };
                self.code = Some((language.to_owned(), String::new()));
                return;
            }
            Tag::HtmlBlock => {
                self.html = Some(String::new());
                return;
            }
            Tag::List(None) => (&element::UL, String::new()),
            Tag::List(Some(1)) => (&element::OL, String::new()),
            Tag::List(Some(start)) => (&element::OL, format!(" start=\"{start}\"")),
            Tag::Item => (&element::LI, String::new()),
            Tag::FootnoteDefinition(name) => {
                let number = self.footnote(name);
                self.writer.begin(&element::DIV, &format!(" id=\"note-{number}\""));
                self.writer.begin(&element::SUP, "");
                self.writer.text(&number.to_string());
                return self.writer.end();
            }
            Tag::Table(columns) => {
                self.columns = columns;
                (&element::TABLE, String::new())
            }
            Tag::TableHead => {
                self.in_head = true;
                self.column = 0;
                self.writer.begin(&element::THEAD, "");
                return self.writer.begin_within(&element::TR);
            }
            Tag::TableRow => {
                self.column = 0;
                (&element::TR, String::new())
            }
            Tag::TableCell => return self.cell(),
            Tag::Emphasis => (&element::EM, String::new()),
            Tag::Strong => (&element::STRONG, String::new()),
            Tag::Strikethrough => (&element::DEL, String::new()),
            Tag::Link { link_type, dest_url, title, .. } => {
                let mail = if link_type == LinkType::Email { "mailto:" } else { "" };
                let title = titled(&escaped(&title));
                (&element::LINK, format!(" href=\"{mail}{}\"{title}", escaped(&dest_url)))
            }
            Tag::Image { dest_url, title, .. } => {
                let (src, title) = (escaped(&dest_url), escaped(&title));
                self.image = Some(Image { src, title, ..Image::default() });
                return;
            }
            // They are not asked for.
            Tag::Superscript | Tag::Subscript => (&element::SUP, String::new()),
            Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::MetadataBlock(_) => (&element::DIV, String::new()),
        };
        self.writer.begin(element, &attributes);
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::CodeBlock => {
                if let Some((language, code)) = self.code.take() {
                    self.code_block(&language, &code);
                }
            }
            TagEnd::HtmlBlock => {
                if let Some(html) = self.html.take() {
                    self.writer.html(&html);
                }
            }
            TagEnd::Heading(_) => self.writer.end_heading(),
            TagEnd::TableHead => {
                self.in_head = false;
                self.writer.end();
            }
            TagEnd::TableCell => {
                self.column += 1;
                self.writer.end();
            }
            // It is read where it begins.
            TagEnd::Image => {}
            _ => self.writer.end(),
        }
    }

    fn quote(&mut self, kind: Option<BlockQuoteKind>) {
        self.writer.begin(&element::QUOTE, "");
        let Some(kind) = kind else { return };
        self.writer.begin(&element::PARAGRAPH, "");
        self.writer.begin(&element::STRONG, "");
        self.writer.text(match kind {
            BlockQuoteKind::Note => "Note",
            BlockQuoteKind::Tip => "Tip",
            BlockQuoteKind::Important => "Important",
            BlockQuoteKind::Warning => "Warning",
            BlockQuoteKind::Caution => "Caution",
        });
        self.writer.end();
        self.writer.end();
    }

    fn cell(&mut self) {
        let align = match self.columns.get(self.column) {
            Some(Alignment::Left) => " align=\"left\"",
            Some(Alignment::Center) => " align=\"center\"",
            Some(Alignment::Right) => " align=\"right\"",
            Some(Alignment::None) | None => "",
        };
        if self.in_head {
            self.writer.begin(&element::TH, &format!(" scope=\"col\"{align}"));
        } else {
            self.writer.begin(&element::TD, align);
        }
    }

    /// An image says in words what it shows, and shows nothing else.
    fn in_image(&mut self, event: &Event<'t>) {
        let Some(image) = &mut self.image else { return };
        match event {
            Event::Start(_) => image.depth += 1,
            Event::End(_) if image.depth > 0 => image.depth -= 1,
            Event::End(_) => {
                let Image { src, title, alt, .. } = self.image.take().unwrap_or_default();
                let attributes = format!(" src=\"{src}\" alt=\"{}\"{}", escaped(&alt), titled(&title));
                self.writer.void(&element::IMG, &attributes);
            }
            Event::Text(text) | Event::Code(text) => image.alt.push_str(text),
            Event::SoftBreak | Event::HardBreak => image.alt.push(' '),
            _ => {}
        }
    }

    fn code_block(&mut self, language: &str, code: &str) {
        self.writer.begin(&element::PRE, " tabindex=\"0\"");
        self.writer.begin(&element::CODE, "");
        let html = highlight::by_language(language, code, &mut self.budget);
        let spans = html.matches("<span").count();
        if self.writer.has_room(spans) {
            self.writer.own(&html, spans);
        } else {
            self.writer.text(code);
        }
        self.writer.end();
        self.writer.end();
    }

    /// The number of a footnote, by which it is called.
    fn footnote(&mut self, name: CowStr<'t>) -> usize {
        let next = self.footnotes.len() + 1;
        *self.footnotes.entry(name).or_insert(next)
    }
}

/// The attribute with a title, if there is one.
fn titled(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!(" title=\"{title}\"") }
}
