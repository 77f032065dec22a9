//! Sends a xorb.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use hub_endpoints::XetCas;
use hub_transport::{Body, BoxError, Error, ErrorKind};
use hub_xet::xorb::Xorb;

use super::endpoint::PostXorb;
use crate::body::encoded::Exact;

/// Uploads a xorb. A repetition sends the same memory again; whether the CAS had it already makes no difference. One that is refused
/// for its content may have been changed on the way, and is sent once more.
pub(super) async fn send(cas: &XetCas, xorb: &Arc<Xorb>) -> Result<(), Error> {
    let make = || body(xorb);
    let request = PostXorb { hash: xorb.hash(), body: &make };
    match cas.send(&request).await {
        Err(error) if error.kind() == ErrorKind::BadRequest => {
            tracing::info!(%error, "a xorb was refused; it is sent once more");
            cas.send(&request).await.map(drop)
        }
        response => response.map(drop),
    }
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
