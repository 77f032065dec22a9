//! The elements that a text may have.

/// How an element behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Has no content.
    Void,
    /// Ends a paragraph.
    Block,
    Inline,
    /// A browser opens it again where it is not closed in order, so it does not stand within itself.
    Format,
}

/// An element.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// As the author writes it.
    pub(super) name: &'static str,
    /// As it is shown: the title of the page is above all titles of the text.
    pub(super) tag: &'static str,
    pub(super) kind: Kind,
}

const fn same(name: &'static str, kind: Kind) -> Element {
    Element { name, tag: name, kind }
}

const fn other(name: &'static str, tag: &'static str) -> Element {
    Element { name, tag, kind: Kind::Block }
}

pub(super) static PARAGRAPH: Element = same("p", Kind::Block);
pub(super) static QUOTE: Element = same("blockquote", Kind::Block);
pub(super) static PRE: Element = same("pre", Kind::Block);
pub(super) static DIV: Element = same("div", Kind::Block);
pub(super) static UL: Element = same("ul", Kind::Block);
pub(super) static OL: Element = same("ol", Kind::Block);
pub(super) static LI: Element = same("li", Kind::Block);
pub(super) static TABLE: Element = same("table", Kind::Block);
pub(super) static THEAD: Element = same("thead", Kind::Block);
pub(super) static TR: Element = same("tr", Kind::Block);
pub(super) static TH: Element = same("th", Kind::Block);
pub(super) static TD: Element = same("td", Kind::Block);
pub(super) static LINK: Element = same("a", Kind::Format);
pub(super) static CODE: Element = same("code", Kind::Format);
pub(super) static EM: Element = same("em", Kind::Format);
pub(super) static STRONG: Element = same("strong", Kind::Format);
pub(super) static DEL: Element = same("del", Kind::Inline);
pub(super) static SUP: Element = same("sup", Kind::Inline);
pub(super) static BR: Element = same("br", Kind::Void);
pub(super) static HR: Element = same("hr", Kind::Void);
pub(super) static IMG: Element = same("img", Kind::Void);
/// Titles by their level.
pub(super) static HEADINGS: [Element; 6] = [
    other("h1", "h2"),
    other("h2", "h3"),
    other("h3", "h4"),
    other("h4", "h5"),
    other("h5", "h6"),
    other("h6", "h6"),
];
static OTHERS: [Element; 12] = [
    other("center", "div"),
    same("b", Kind::Format),
    same("i", Kind::Format),
    same("sub", Kind::Inline),
    same("kbd", Kind::Inline),
    same("details", Kind::Block),
    same("summary", Kind::Block),
    same("caption", Kind::Block),
    same("tbody", Kind::Block),
    same("tfoot", Kind::Block),
    same("colgroup", Kind::Block),
    same("col", Kind::Void),
];

fn all() -> impl Iterator<Item = &'static Element> {
    let named = [
        &PARAGRAPH, &QUOTE, &PRE, &DIV, &UL, &OL, &LI, &TABLE, &THEAD, &TR, &TH, &TD, &LINK, &CODE, &EM,
        &STRONG, &DEL, &SUP, &BR, &HR, &IMG,
    ];
    named.into_iter().chain(&HEADINGS).chain(&OTHERS)
}

/// The element that an author may write, by its name.
pub(super) fn named(name: &str) -> Option<&'static Element> {
    all().find(|element| element.name == name)
}

/// The tags of all elements.
pub(super) fn tags() -> impl Iterator<Item = &'static str> {
    all().map(|element| element.tag)
}

/// Whether an element ends where the next one begins, by the rules of HTML.
pub(super) fn ends_before(open: &Element, next: &Element) -> bool {
    let part = |name| matches!(name, "thead" | "tbody" | "tfoot");
    match open.name {
        "p" => next.kind == Kind::Block || next.name == "hr",
        "li" => next.name == "li",
        "td" | "th" => matches!(next.name, "td" | "th" | "tr") || part(next.name),
        "tr" => next.name == "tr" || part(next.name),
        name if part(name) => part(next.name),
        _ => false,
    }
}
