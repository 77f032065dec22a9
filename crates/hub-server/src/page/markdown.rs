//! Markdown of a card or a comment as HTML that is safe to show: nothing in it runs, and nothing changes the page around it.
//!
//! The text is parsed into elements that are closed in order ([`emit`]), and what comes of it goes through a cleaner that lets
//! through what is on a list and nothing else. Links are led to where the author sees them: see [`links`].

mod element;
mod emit;
mod links;
mod raw_html;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use ammonia::{Builder, UrlRelative};

use self::links::Links;
pub(super) use self::links::is_markdown;
use super::shown::Paths;

/// Bytes of a text that are shown; whoever shows more says that it is not all.
pub(super) const LONGEST: usize = 1 << 20;

/// Where links from a text lead is nothing that this Hub says.
const ELSEWHERE: &str = "noopener noreferrer nofollow";

/// A file as HTML, without the head of a card. It lies in `folder` of a revision: there its links begin.
pub(super) fn render_file(text: &str, paths: &Paths, revision: &str, folder: &str) -> String {
    render(hub_types::card::split(text).text, Links::new(paths, revision, folder))
}

/// One of the comments of a page as HTML. The places in it are its own: others may have headings of the same name.
pub(super) fn render_comment(text: &str, paths: &Paths, revision: &str, id: &str) -> String {
    render(text, Links::new(paths, revision, "").of_comment(id))
}

fn render(text: &str, links: Links) -> String {
    let text = start_of(text);
    let emitted = emit::emit(text);
    let mut html = clean(&emitted.html, links);
    if !emitted.is_whole {
        html.push_str("<p class=\"muted\">The text goes on: it has more in it than is shown here.</p>");
    }
    html
}

/// As much of a text as is shown.
pub(super) fn start_of(text: &str) -> &str {
    let end = (0..=LONGEST.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

fn clean(html: &str, links: Links) -> String {
    let title = ["align", "id"];
    let attributes: HashMap<&str, HashSet<&str>> = [
        ("a", &["href", "id", "title"] as &[&str]),
        ("code", &["class"]),
        ("details", &["open"]),
        ("div", &["align", "aria-label", "class", "id", "role", "tabindex"]),
        ("h2", &title),
        ("h3", &title),
        ("h4", &title),
        ("h5", &title),
        ("h6", &title),
        ("img", &["align", "alt", "height", "src", "title", "width"]),
        ("ol", &["start"]),
        ("p", &["align", "id"]),
        ("pre", &["tabindex"]),
        ("span", &["class"]),
        ("td", &["align", "colspan", "rowspan"]),
        ("th", &["align", "colspan", "rowspan", "scope"]),
    ]
    .into_iter()
    .map(|(tag, names)| (tag, names.iter().copied().collect()))
    .collect();
    let prefix = links.prefix().to_owned();
    let mut cleaner = Builder::empty();
    cleaner
        .tags(element::tags().chain(["span"]).collect())
        .tag_attributes(attributes)
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some(ELSEWHERE))
        .id_prefix(Some(&prefix))
        .attribute_filter(move |element, attribute, value| filter(&links, element, attribute, value));
    cleaner.clean(html).to_string()
}

/// An attribute as it is shown; `None` for one that is not.
fn filter<'v>(links: &Links, element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let one_of = |words: &[&str]| words.contains(&value).then_some(Cow::Borrowed(value));
    let number = |digits: &str, most: usize| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && digits.len() <= most).then_some(Cow::Borrowed(value))
    };
    match attribute {
        "href" => links.href(value).map(Cow::Owned),
        "src" => links.src(value).map(Cow::Owned),
        "class" if element == "div" => one_of(&["scroll"]),
        "class" => {
            let mut own = value.split_ascii_whitespace();
            own.all(|class| class.starts_with(super::highlight::CLASS)).then_some(Cow::Borrowed(value))
        }
        "align" => {
            let value = value.to_ascii_lowercase();
            ["left", "center", "right"].contains(&value.as_str()).then_some(Cow::Owned(value))
        }
        "width" | "height" => number(value.trim_end_matches(['%', 'p', 'x']), 4),
        "colspan" | "rowspan" => number(value, 2),
        "start" => number(value, 9),
        "aria-label" => one_of(&["Table"]),
        "role" => one_of(&["region"]),
        "scope" => one_of(&["col"]),
        "tabindex" => one_of(&["0"]),
        "open" => Some(Cow::Borrowed("")),
        "id" => {
            let is_name = value.len() <= 512 && !value.contains(char::is_whitespace);
            is_name.then_some(Cow::Borrowed(value))
        }
        "alt" | "rel" | "title" => Some(Cow::Borrowed(value)),
        _ => None,
    }
}
