//! Sends a xorb.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use hub_endpoints::XetCas;
use hub_transport::{Body, BoxError};
use hub_xet::xorb::Xorb;

use super::endpoint::PostXorb;
use crate::CommitError;
use crate::body::encoded::Exact;

/// Uploads a xorb. A repetition sends the same memory again; whether the CAS had it already makes no difference.
pub(super) async fn send(cas: &XetCas, xorb: &Arc<Xorb>) -> Result<(), CommitError> {
    let make = || body(xorb);
    let response = cas.send(&PostXorb { hash: xorb.hash(), body: &make }).await;
    response.map(drop).map_err(CommitError::XetContent)
}

fn body(xorb: &Arc<Xorb>) -> Body {
    let (xorb, len) = (Arc::clone(xorb), xorb.index().stored_len());
    Body::replay(Some(len), move || {
        let (xorb, count) = (Arc::clone(&xorb), xorb.body().len());
        let record = move |number: usize| {
            xorb.body().get(number).cloned().ok_or_else(|| BoxError::from("a record is missing"))
        };
        Exact::new(len, stream::iter(0..count).map(record))
    })
}
