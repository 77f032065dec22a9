//! The CAS of the repository that a download is of.

use hub_endpoints::{GetXetToken, XetCas};
use hub_transport::Transport;
use hub_types::Revision;
use tokio::sync::OnceCell;

use crate::RemoteFile;

/// A CAS that is asked for when the first file needs it, for all files of a download: they are of one commit.
#[derive(Debug, Default)]
pub(crate) struct LazyCas(OnceCell<Option<XetCas>>);

impl LazyCas {
    /// The CAS; `None` if the Hub has none or does not give it, which is not asked again.
    pub(crate) async fn get(&self, transport: &Transport, file: &RemoteFile) -> Option<&XetCas> {
        let connect = || async {
            let source = GetXetToken::read(file.repo.clone(), Revision::from(file.commit.clone()));
            XetCas::connect(transport, source).await.unwrap_or_else(|error| {
                tracing::debug!(%error, "the Hub does not say where its files are by Xet; they are fetched by GET");
                None
            })
        };
        self.0.get_or_init(connect).await.as_ref()
    }
}
