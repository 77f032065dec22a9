//! A page whose entries are still to be read.

use bytes::Bytes;
use http::Uri;

use crate::Error;
use crate::call::Call;

/// A page before its entries are decoded.
pub(crate) struct RawPage {
    pub(crate) body: Bytes,
    pub(crate) next: Result<Option<Uri>, Error>,
    pub(crate) total: Option<u64>,
    pub(crate) context: Call,
}
