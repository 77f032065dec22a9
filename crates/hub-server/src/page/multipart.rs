//! Forms with files, read while they come: first the fields, of which the first is the token of the form, and then the files.
//!
//! The crate that takes them apart reads for as long as something comes, and looks for the end of a part in all that it has. So it
//! is given a little at a time, and no more before it has given something back.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt};
use http::{StatusCode, header::CONTENT_TYPE};

use super::{request::Request, session};
use crate::{
    api_error::ApiError,
    body::{self, Incoming},
};

/// Bytes that are given at a time.
const PIECE: usize = 64 << 10;
/// Most bytes that are given before something comes back: no header of a part is so long.
const UNREAD: usize = 4 * PIECE;
/// Most bytes of all fields, and most fields.
const FIELDS: usize = 128 << 10;
const MOST_FIELDS: usize = 20;
/// The longest text that parts one part from the next (RFC 2046, section 5.1.1).
const LONGEST_BOUNDARY: usize = 70;

/// A form that is being read.
pub(super) struct Multipart<'b> {
    inner: multer::Multipart<'b>,
    unread: Arc<AtomicUsize>,
}

/// A file of a form.
pub(super) struct FilePart<'b> {
    /// Its name, which the browser says: with the folder, where a folder was chosen.
    pub(super) name: String,
    field: multer::Field<'b>,
    unread: Arc<AtomicUsize>,
}

/// The fields of a form. Each is there once.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The text of a field; nothing where it is not there.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl<'b> Multipart<'b> {
    /// Begins to read a form.
    ///
    /// # Errors
    /// 400 for what is no such form.
    pub(super) fn new(request: &Request, body: &'b mut Incoming) -> Result<Self, ApiError> {
        let media_type = request.parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(media_type.unwrap_or_default()).map_err(unreadable)?;
        match boundary.len() {
            0 => {
                return Err(ApiError::bad_request(
                    "The form does not say what parts its fields: its boundary is empty.",
                ));
            }
            1..=LONGEST_BOUNDARY => {}
            _ => return Err(ApiError::bad_request("The form is parted by a text that is too long.")),
        }
        let unread = Arc::new(AtomicUsize::new(0));
        let pieces = Pieces {
            body: body::data_stream(body).boxed(),
            rest: Bytes::new(),
            has_given: false,
            unread: Arc::clone(&unread),
        };
        Ok(Self { inner: multer::Multipart::new(pieces, boundary), unread })
    }

    /// The fields, and the first file. The token of the form comes before everything else, so that nothing of a form of somebody
    /// else is kept.
    ///
    /// # Errors
    /// 403 for a form of another session, 400 for one that breaks off or says something twice, 413 for long fields.
    pub(super) async fn fields(
        &mut self,
        request: &Request,
    ) -> Result<(Fields, Option<FilePart<'b>>), ApiError> {
        let mut fields = Fields::default();
        let (mut left, mut is_first) = (FIELDS, true);
        while let Some(field) = self.next().await? {
            let is_file = field.file_name().is_some();
            if is_first && (is_file || field.name() != Some("form_token")) {
                session::must_carry(&request.form_token(), None)?;
            }
            if is_file {
                return Ok((fields, Some(self.file(field))));
            }
            let name = field.name().unwrap_or_default().to_owned();
            let value = self.text(field, &mut left).await?;
            if is_first {
                session::must_carry(&request.form_token(), Some(&value))?;
            } else if name == "form_token" || fields.0.iter().any(|(known, _)| *known == name) {
                return Err(ApiError::bad_request(format!("The form has the field {name:?} twice.")));
            } else if fields.0.len() >= MOST_FIELDS {
                return Err(ApiError::bad_request("The form has too many fields."));
            } else {
                fields.0.push((name, value));
            }
            is_first = false;
        }
        if is_first {
            session::must_carry(&request.form_token(), None)?;
        }
        Ok((fields, None))
    }

    /// The next file. The one before must have been read, or dropped.
    ///
    /// # Errors
    /// 400 where a field follows a file.
    pub(super) async fn next_file(&mut self) -> Result<Option<FilePart<'b>>, ApiError> {
        match self.next().await? {
            Some(field) if field.file_name().is_none() => {
                Err(ApiError::bad_request("The form has a field behind its files."))
            }
            field => Ok(field.map(|field| self.file(field))),
        }
    }

    async fn next(&mut self) -> Result<Option<multer::Field<'b>>, ApiError> {
        let field = self.inner.next_field().await.map_err(unreadable)?;
        self.unread.store(0, Ordering::Relaxed);
        Ok(field)
    }

    fn file(&self, field: multer::Field<'b>) -> FilePart<'b> {
        let name = as_it_was(field.file_name().unwrap_or_default());
        FilePart { name, field, unread: Arc::clone(&self.unread) }
    }

    async fn text(&self, mut field: multer::Field<'b>, left: &mut usize) -> Result<String, ApiError> {
        let mut text = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(unreadable)? {
            self.unread.store(0, Ordering::Relaxed);
            *left = left.checked_sub(piece.len()).ok_or_else(|| {
                let message = format!("The fields of the form are longer than {FIELDS} bytes.");
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message)
            })?;
            text.extend_from_slice(&piece);
        }
        String::from_utf8(text).map_err(|_| ApiError::bad_request("The form has a field that is not UTF-8."))
    }
}

impl<'b> FilePart<'b> {
    /// Its content.
    pub(super) fn content(self) -> impl Stream<Item = Result<Bytes, ApiError>> + Send + use<'b> {
        let Self { field, unread, .. } = self;
        field.map(move |piece| {
            unread.store(0, Ordering::Relaxed);
            piece.map_err(unreadable)
        })
    }
}

/// The name of a file before a browser made it fit into a header (HTML, "multipart/form-data encoding algorithm").
fn as_it_was(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

fn unreadable(error: multer::Error) -> ApiError {
    use multer::Error as E;
    match error {
        E::StreamReadFailed(source) => match source.downcast::<ApiError>() {
            Ok(error) => *error,
            Err(source) => ApiError::bad_request(format!("The form broke off: {source}.")),
        },
        E::IncompleteStream | E::IncompleteHeaders | E::IncompleteFieldData { .. } => {
            ApiError::bad_request("The form broke off before its end.")
        }
        other => ApiError::bad_request(format!("The form cannot be read: {other}.")),
    }
}

/// What comes, in pieces that are given one at a time.
struct Pieces<'b> {
    body: BoxStream<'b, Result<Bytes, ApiError>>,
    rest: Bytes,
    has_given: bool,
    unread: Arc<AtomicUsize>,
}

impl Stream for Pieces<'_> {
    type Item = Result<Bytes, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if std::mem::take(&mut this.has_given) {
            // Who reads goes on until nothing comes.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if this.rest.is_empty() {
            match ready!(this.body.poll_next_unpin(cx)) {
                Some(Ok(data)) => this.rest = data,
                other => return Poll::Ready(other),
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        let unread = this.unread.fetch_add(piece.len(), Ordering::Relaxed).saturating_add(piece.len());
        if unread > UNREAD {
            return Poll::Ready(Some(Err(ApiError::bad_request(
                "The form cannot be read: it has no parts.",
            ))));
        }
        this.has_given = true;
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{TryStreamExt, stream};

    use super::*;

    /// A form in frames of so many bytes.
    fn form(text: &[u8], frame: usize) -> Multipart<'static> {
        let frames: Vec<_> = text.chunks(frame).map(|data| Ok(Bytes::copy_from_slice(data))).collect();
        let unread = Arc::new(AtomicUsize::new(0));
        let pieces = Pieces {
            body: stream::iter(frames).boxed(),
            rest: Bytes::new(),
            has_given: false,
            unread: Arc::clone(&unread),
        };
        Multipart { inner: multer::Multipart::new(pieces, "X"), unread }
    }

    fn part(about: &str, content: &[u8]) -> Vec<u8> {
        let head = format!("--X\r\ncontent-disposition: form-data; {about}\r\n\r\n");
        [head.as_bytes(), content, b"\r\n"].concat()
    }

    async fn all(mut form: Multipart<'_>) -> Result<Vec<(String, Vec<u8>)>, ApiError> {
        let mut files = Vec::new();
        while let Some(file) = form.next_file().await? {
            let name = file.name.clone();
            let content: Vec<Bytes> = file.content().try_collect().await?;
            files.push((name, content.concat()));
        }
        Ok(files)
    }

    #[tokio::test]
    async fn files_come_whole_however_the_network_cuts_them() {
        // Much that begins as the end of a part does, and is none.
        let odd = b"\r\n--\r\n--Y\r\n\r--X\n--X--".repeat(20);
        let large: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
        let files = [("a b.txt", odd.as_slice()), ("dir/ü.bin", &large), ("empty", b"")];
        let mut text = Vec::new();
        for (name, content) in files {
            text.extend(part(&format!("name=\"files\"; filename=\"{name}\""), content));
        }
        text.extend_from_slice(b"--X--\r\n");
        for frame in [7, 1_000, 100_000, text.len()] {
            let read = all(form(&text, frame)).await.unwrap();
            let expected = files.map(|(name, content)| (name.to_owned(), content.to_vec()));
            assert!(read == expected, "in frames of {frame} bytes");
        }
    }

    #[tokio::test]
    async fn a_form_that_breaks_off_is_refused_wherever_it_does() {
        let text = [part("name=\"files\"; filename=\"a\"", b"content"), b"--X--\r\n".to_vec()].concat();
        assert_eq!(all(form(&text, 5)).await.unwrap().len(), 1);
        for end in 0..text.len() - 4 {
            let error = all(form(&text[..end], 5)).await.unwrap_err();
            assert_eq!(error.0.status, StatusCode::BAD_REQUEST, "after {end} bytes");
        }
    }

    #[tokio::test]
    async fn what_never_gives_a_part_is_not_collected() {
        let endless =
            [b"--X\r\ncontent-disposition: form-data; name=\"".to_vec(), vec![b'a'; 8 << 20]].concat();
        for text in [vec![b'-'; 8 << 20], vec![b' '; 8 << 20], endless] {
            let mut form = form(&text, text.len());
            let error = form.next_file().await.err().unwrap();
            assert!(error.to_string().contains("no parts"), "{error}");
            assert!(form.unread.load(Ordering::Relaxed) <= UNREAD + PIECE);
        }
    }

    #[tokio::test]
    async fn a_field_behind_the_files_is_refused() {
        let file = part("name=\"files\"; filename=\"a\"", b"a");
        let text = [file, part("name=\"summary\"", b"late"), b"--X--".to_vec()].concat();
        let error = all(form(&text, 9)).await.unwrap_err();
        assert!(error.to_string().contains("behind its files"), "{error}");
    }

    #[test]
    fn names_are_read_as_browsers_write_them() {
        assert_eq!(as_it_was("a%22b%0D%0Ac%20d"), "a\"b\r\nc%20d");
    }
}
