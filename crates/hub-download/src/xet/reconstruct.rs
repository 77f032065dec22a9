//! The request that says of which chunks a range of a file consists.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::header::RANGE;
use http::{Request, response::Parts};
use hub_endpoints::XetCas;
use hub_transport::{Body, Endpoint, Error, ErrorKind, RetryClass, decode_json, get};
use hub_xet::recipe::Reconstruction;
use hub_xet::wire::{CasRoute, FetchUrls, ReconstructionV1, ReconstructionV2};
use hub_xet::{MerkleHash, XetError};

use super::trouble::Trouble;
use crate::RemoteFile;

/// The longest response that is read, in bytes. For the greatest range that is asked for there are some thousand terms, each with
/// a signed URL at worst.
const MAX_RESPONSE: usize = 16 * 1024 * 1024;

/// `GET /v{1,2}/reconstructions/{file}` for a range of the file.
struct Reconstruct<'f> {
    file: &'f RemoteFile,
    route: CasRoute,
    range: Range<u64>,
}

impl Endpoint for Reconstruct<'_> {
    const NAME: &'static str = "xet_reconstruction";
    type Output = Result<(Reconstruction, FetchUrls), XetError>;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        format!("{} {}", self.file.repo, self.file.path)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let Range { start, end } = self.range;
        get(self.route.to_string()).header(RANGE, format!("bytes={start}-{}", end.saturating_sub(1))).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Self::Output, Error> {
        if body.len() > MAX_RESPONSE {
            return Err(Error::new(
                ErrorKind::TooLarge,
                "the reconstruction of a file is longer than 16 MiB",
            ));
        }
        Ok(match self.route {
            CasRoute::ReconstructionV1(_) => decode_json::<ReconstructionV1>(head, &body)?.into_parts(),
            _ => decode_json::<ReconstructionV2>(head, &body)?.into_parts(),
        })
    }
}

/// Requests of which chunks `range` of a file consists and where they are. A CAS that does not know the second version of the request
/// is asked with the first one, by `first_version` at once.
pub(super) async fn reconstruct(
    cas: &XetCas,
    (file, hash): (&RemoteFile, MerkleHash),
    range: Range<u64>,
    first_version: &AtomicBool,
) -> Result<(Reconstruction, FetchUrls), Trouble> {
    let endpoint = |route| Reconstruct { file, route, range: range.clone() };
    let first = endpoint(CasRoute::ReconstructionV1(hash));
    if first_version.load(Ordering::Relaxed) {
        return Ok(cas.send(&first).await.map_err(Trouble::lasting)??);
    }
    match cas.send(&endpoint(CasRoute::ReconstructionV2(hash))).await {
        // 501 is one of the server's failures.
        Err(error) if error.kind().is_not_found() || error.kind() == ErrorKind::Server => {
            let response = cas.send(&first).await.map_err(Trouble::lasting)?;
            first_version.store(true, Ordering::Relaxed);
            Ok(response?)
        }
        response => Ok(response.map_err(Trouble::lasting)??),
    }
}
