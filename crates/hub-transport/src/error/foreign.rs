//! [`Foreign`]: the error of somebody else, as it may be shown.

use std::error::Error as StdError;
use std::fmt;

use crate::{BoxError, redact};

/// Most causes that are shown.
const MAX_CAUSES: usize = 8;
/// Most bytes of the text of one.
const MAX_TEXT: usize = 800;

/// A cause that another library named: its text and those of its own causes, without what grants access to whoever reads it.
/// URLs have lost user, password and query, tokens are `***`.
///
/// The error itself is behind [`Foreign::get_ref`], for a program that knows its type. It may hold secrets.
pub struct Foreign {
    text: String,
    source: Option<Box<Foreign>>,
    error: Option<BoxError>,
}

impl Foreign {
    pub(crate) fn new(error: BoxError) -> Self {
        let shown = Self::shown(&*error, MAX_CAUSES);
        Self { error: Some(error), ..shown }
    }

    fn shown(error: &(dyn StdError + 'static), causes: usize) -> Self {
        let source = error.source().filter(|_| causes > 0);
        let source = source.map(|source| Box::new(Self::shown(source, causes - 1)));
        Self { text: redact::clean(&redact::urls(&error.to_string()), MAX_TEXT), source, error: None }
    }

    /// The error as it came; `None` for the causes of one, which it leads to.
    #[must_use]
    pub fn get_ref(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.error.as_deref()
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Foreign")
            .field("text", &self.text)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Foreign {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
