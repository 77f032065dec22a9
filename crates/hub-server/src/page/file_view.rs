//! What is in a file, by its name and its first bytes.

use futures_util::{StreamExt, stream};

use super::{
    content::{self, LargeFile},
    csv_table::{self, Table},
    highlight, json_text, markdown,
    request::Request,
    shown::Paths,
    weights::{self, Format, Problem},
};
use crate::{api_error::ApiError, store::StoreError};

/// Bytes and lines of a text that are shown.
const LONGEST_TEXT: usize = 512 * 1024;
const MOST_LINES: usize = 10_000;

/// Images that a browser shows, whatever it is told of their type, and that are no text.
const IMAGES: [&str; 5] = ["gif", "jpeg", "jpg", "png", "webp"];
/// Files that may hold Python objects, which do what their author says when they are loaded.
const PICKLES: [&str; 8] = ["bin", "ckpt", "joblib", "pickle", "pkl", "pt", "pth", "th"];

/// What a file is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Markdown,
    Image,
    /// A picture that is a text.
    Svg,
    /// With what divides its cells.
    Table(u8),
    Weights(Format),
}

impl Kind {
    fn of(path: &str, is_plain: bool) -> Self {
        let extension = extension(path);
        match csv_table::delimiter(path) {
            _ if IMAGES.contains(&extension.as_str()) => Self::Image,
            _ if extension == "svg" && !is_plain => Self::Svg,
            Some(delimiter) if !is_plain => Self::Table(delimiter),
            _ if markdown::is_markdown(path) && !is_plain => Self::Markdown,
            _ => Format::of(path).map_or(Self::Text, Self::Weights),
        }
    }
}

fn extension(path: &str) -> String {
    path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase()
}

/// A file, with as much of it as is needed to show it.
pub(super) struct Part {
    kind: Kind,
    size: u64,
    /// Its first bytes, where git has them.
    pub(super) head: Vec<u8>,
    /// Where it is kept, if that is not git.
    pub(super) large: Option<LargeFile>,
    /// What it is instead of a file.
    pub(super) other: Option<String>,
}

/// What is shown of a file.
pub(super) enum View {
    /// Lines as HTML, and whether these are all.
    Text(Vec<String>, bool),
    /// As HTML, and whether it is all of it.
    Markdown(String, bool),
    /// Whether it is a text too.
    Image(bool),
    Table(Table),
    Weights(Box<weights::Head>),
    /// It has no content.
    Empty,
    /// Why there is nothing to be seen.
    Nothing(String),
}

impl View {
    /// Whether it is a text that can be edited.
    pub(super) fn is_text(&self) -> bool {
        matches!(
            self,
            Self::Text(_, true) | Self::Markdown(_, true) | Self::Table(_) | Self::Image(true) | Self::Empty
        )
    }

    /// Whether its source can be looked at instead.
    pub(super) fn has_source(&self) -> bool {
        matches!(self, Self::Markdown(..) | Self::Table(_) | Self::Image(true))
    }

    fn nothing(why: impl Into<String>) -> Self {
        Self::Nothing(why.into())
    }
}

impl Part {
    pub(super) fn new(path: &str, size: u64, is_plain: bool, large: Option<LargeFile>) -> Self {
        Self { kind: Kind::of(path, is_plain), size, head: Vec::new(), large, other: None }
    }

    /// How many bytes are needed of a file that git has.
    pub(super) fn most(&self) -> usize {
        let most = match self.kind {
            Kind::Image | Kind::Svg => 0,
            Kind::Table(_) => csv_table::HEAD,
            Kind::Markdown => markdown::LONGEST * 2,
            Kind::Text => LONGEST_TEXT,
            Kind::Weights(_) => usize::try_from(weights::LONGEST_SAFETENSORS).unwrap_or(usize::MAX),
        };
        usize::try_from(self.size).map_or(most, |size| size.min(most))
    }

    /// Reads what is still to be read, and makes it ready to be shown.
    pub(super) async fn view(
        self,
        request: &Request,
        paths: &Paths,
        revision: &str,
        path: &str,
    ) -> Result<View, ApiError> {
        if let Some(other) = self.other {
            return Ok(View::Nothing(other));
        }
        if self.large.as_ref().is_some_and(|file| file.kept.is_none()) {
            return Ok(View::nothing("Its content is not here: nobody has uploaded it."));
        }
        if self.size == 0 {
            return Ok(View::Empty);
        }
        match self.kind {
            Kind::Image => Ok(View::Image(false)),
            Kind::Svg => Ok(View::Image(self.large.is_none())),
            Kind::Weights(format) => {
                let _turn = content::turn().await?;
                Ok(match self.weights(request, format).await {
                    Ok(head) => View::Weights(Box::new(head)),
                    Err(Problem::Weights(error)) => View::nothing(format!("Its head is not shown: {error}.")),
                    Err(Problem::Store(error)) => unreadable(path, &error),
                })
            }
            Kind::Table(delimiter) => {
                let head = match &self.large {
                    Some(file) => match file.head(request.context.hub(), csv_table::HEAD as u64).await {
                        Ok(head) => head,
                        Err(error) => return Ok(unreadable(path, &error)),
                    },
                    None => self.head,
                };
                let is_whole = head.len() as u64 == self.size;
                let table = move || csv_table::read(&head, is_whole, delimiter);
                let table = content::in_turn(table).await?;
                Ok(table
                    .map_or_else(|| View::nothing("It is no table, whatever its name says."), View::Table))
            }
            _ if self.large.is_some() => Ok(View::nothing(large(path))),
            kind => {
                let (head, size, name) = (self.head, self.size, path.to_owned());
                let (paths, revision) = (paths.clone(), revision.to_owned());
                let is_whole = head.len() as u64 == size;
                let text = move || match content::text(head, is_whole) {
                    None => View::nothing(binary(&name)),
                    Some(text) if kind == Kind::Markdown => {
                        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                        let is_whole = size <= markdown::LONGEST as u64;
                        View::Markdown(markdown::render_file(&text, &paths, &revision, folder), is_whole)
                    }
                    Some(text) => as_text(&name, text, size),
                };
                content::in_turn(text).await
            }
        }
    }

    async fn weights(&self, request: &Request, format: Format) -> Result<weights::Head, Problem> {
        let hub = request.context.hub();
        match (format, &self.large) {
            (Format::Safetensors, Some(file)) => {
                let size = weights::head_size(&file.head(hub, 8).await?)?;
                Ok(weights::safetensors(&file.head(hub, size).await?, self.size)?)
            }
            (Format::Safetensors, None) => {
                weights::head_size(&self.head)?;
                Ok(weights::safetensors(&self.head, self.size)?)
            }
            (Format::Gguf, Some(file)) => weights::gguf(file.read(hub, 0..self.size).await?, self.size).await,
            (Format::Gguf, None) => {
                let head = bytes::Bytes::copy_from_slice(&self.head);
                weights::gguf(stream::iter([Ok(head)]).boxed(), self.size).await
            }
        }
    }
}

fn as_text(path: &str, mut text: String, size: u64) -> View {
    let mut is_whole = text.len() as u64 >= size;
    if !is_whole && let Some(last) = text.rfind('\n') {
        // The last line may not be whole.
        text.truncate(last + 1);
    }
    let json =
        ["json", "ipynb"].contains(&extension(path).as_str()).then(|| json_text::pretty(&text)).flatten();
    let text = json.unwrap_or(text);
    let end =
        text.match_indices('\n').nth(MOST_LINES - 1).map(|(end, _)| end + 1).filter(|end| *end < text.len());
    is_whole &= end.is_none();
    let shown = end.map_or(text.as_str(), |end| text.get(..end).unwrap_or_default());
    View::Text(highlight::by_file(path, shown), is_whole)
}

/// What is known of the file is shown even so.
fn unreadable(path: &str, error: &StoreError) -> View {
    tracing::warn!(path, %error, "a large file cannot be read");
    View::nothing("Its content cannot be read. Whoever runs this Hub finds the reason in its log.")
}

fn large(path: &str) -> String {
    let warning = warning(path);
    format!("It is kept in LFS and can be downloaded.{warning}")
}

fn binary(path: &str) -> String {
    let warning = warning(path);
    format!("It is no text in UTF-8, and can be downloaded.{warning}")
}

fn warning(path: &str) -> &'static str {
    if PICKLES.contains(&extension(path).as_str()) {
        " Files of this name often hold Python objects (pickle), which may run any program when they are loaded: load it only if you trust who made it."
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_shown_as_what_its_name_says() {
        let table = [
            ("a/README.md", Kind::Markdown, Kind::Text),
            ("a.PNG", Kind::Image, Kind::Image),
            ("a.csv", Kind::Table(b','), Kind::Text),
            ("a.tsv", Kind::Table(b'\t'), Kind::Text),
            ("m.safetensors", Kind::Weights(Format::Safetensors), Kind::Weights(Format::Safetensors)),
            ("m.gguf", Kind::Weights(Format::Gguf), Kind::Weights(Format::Gguf)),
            ("a.SVG", Kind::Svg, Kind::Text),
            ("md", Kind::Text, Kind::Text),
        ];
        for (path, kind, plain) in table {
            assert_eq!((Kind::of(path, false), Kind::of(path, true)), (kind, plain), "{path}");
        }
    }

    #[test]
    fn a_long_text_ends_with_a_whole_line() {
        let count = |text: &str, size: u64| match as_text("a.txt", text.to_owned(), size) {
            View::Text(lines, is_whole) => (lines.len(), is_whole),
            _ => panic!("no text"),
        };
        assert_eq!(count("a\nb\n", 4), (2, true));
        assert_eq!(count("a\nb\nha", 100), (2, false));
        assert_eq!(count("one line that goes on", 100), (1, false));
        let many = "a\n".repeat(MOST_LINES);
        assert_eq!(count(&many, many.len() as u64), (MOST_LINES, true));
        let more = format!("{many}b");
        assert_eq!(count(&more, more.len() as u64), (MOST_LINES, false));
    }

    #[test]
    fn who_downloads_a_pickle_is_told() {
        assert!(large("pytorch_model.bin").contains("pickle") && binary("a/b.PKL").contains("pickle"));
        assert!(!large("a.onnx").contains("pickle"));
    }
}
