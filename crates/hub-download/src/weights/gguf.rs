//! The heads of GGUF files on the Hub.

use futures_util::StreamExt;
use hub_transport::Transport;
use hub_types::weights::gguf::{Gguf, GgufDecoder, MAX_HEAD};

use super::request::wrong;
use crate::read::{locate, located::Located};
use crate::{DownloadError, DownloadTimeouts, ReadRequest};

/// Reads the head of a GGUF file: its pairs and the whole table of tensors. The range of `wanted` does not count. Python has
/// no such method.
///
/// The file is read from its beginning, in one request, and the connection is closed when the head is whole: no more of it is
/// in memory than what the head says.
///
/// # Errors
/// [`DownloadError::Weights`] for what is no such file; those of [`read_file`](crate::read_file).
///
/// Endpoint: `HEAD` and `GET /{id}/resolve/{rev}/{path}`.
pub async fn get_gguf_metadata(transport: &Transport, wanted: ReadRequest) -> Result<Gguf, DownloadError> {
    head_of(transport, &locate(transport, &wanted).await?, wanted.timeouts).await
}

pub(super) async fn head_of(
    transport: &Transport,
    located: &Located,
    timeouts: DownloadTimeouts,
) -> Result<Gguf, DownloadError> {
    let wrong = wrong(&located.file.path);
    let mut decoder = GgufDecoder::new(Some(located.file.size));
    let mut reader = located.open(transport, 0..MAX_HEAD, timeouts).await?;
    while let Some(chunk) = reader.next().await {
        if decoder.feed(&chunk?).map_err(&wrong)? {
            break;
        }
    }
    decoder.finish().map_err(&wrong)
}
