//! The head of one safetensors file.

use hub_transport::Transport;
use hub_types::weights::safetensors::{SafetensorsFileMetadata, head_size, parse};

use super::request::wrong;
use crate::read::located::Located;
use crate::{DownloadError, DownloadTimeouts};

/// How much is read first: as Python. Most headers are shorter.
const FIRST: u64 = 100_001;

/// Reads the head of a file.
pub(super) async fn head_of(
    transport: &Transport,
    located: &Located,
    timeouts: DownloadTimeouts,
) -> Result<SafetensorsFileMetadata, DownloadError> {
    let (size, wrong) = (located.file.size, wrong(&located.file.path));
    let mut head = located.read(transport, 0..FIRST, timeouts).await?;
    let needed = head_size(&head).map_err(&wrong)?;
    let read = head.len() as u64;
    if read < needed && needed <= size {
        head.extend(located.read(transport, read..needed, timeouts).await?);
    }
    parse(&head, Some(size)).map_err(&wrong)
}
