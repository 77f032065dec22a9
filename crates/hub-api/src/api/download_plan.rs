//! Downloads that are looked at before they are made.

use hub_download::{PlannedFile, plan_file, plan_snapshot};
use hub_types::Message;

use crate::{
    Async, Call, Error, HfApi, Mode, Operation,
    api::download::{HfHubDownload, HfHubDownloadCall, SnapshotDownload, SnapshotDownloadCall},
};

/// The call that `plan()` makes of a call that downloads.
pub type DownloadPlanCall<O, M = Async> = Call<DownloadPlan<O>, M>;

/// A download to look at.
#[derive(Debug, Clone)]
pub struct DownloadPlan<O> {
    of: O,
}

fn asks_the_hub(local_files_only: bool) -> Result<(), Error> {
    if local_files_only {
        return Err(Error::setup(
            Message::from("a plan asks the Hub which files there are; leave ")
                .and_argument("local_files_only")
                .text(" out"),
        ));
    }
    Ok(())
}

impl Operation for DownloadPlan<HfHubDownload> {
    type Output = PlannedFile;

    async fn run(self, api: HfApi) -> Result<PlannedFile, Error> {
        asks_the_hub(self.of.is_local())?;
        let wanted = self.of.request(&api)?;
        Ok(plan_file(api.transport()?, wanted).await?)
    }
}

impl Operation for DownloadPlan<SnapshotDownload> {
    type Output = Vec<PlannedFile>;

    async fn run(self, api: HfApi) -> Result<Vec<PlannedFile>, Error> {
        asks_the_hub(self.of.is_local())?;
        let wanted = self.of.request(&api)?;
        Ok(plan_snapshot(api.transport()?, wanted).await?)
    }
}

impl<M: Mode> HfHubDownloadCall<M> {
    /// What the download would do, instead of doing it. Nothing is written. Python: `dry_run=True`.
    ///
    /// # Errors
    /// As for the download, but for those of writing; the Hub must be reachable.
    pub fn plan(self) -> DownloadPlanCall<HfHubDownload, M> {
        self.map(|of| DownloadPlan { of })
    }
}

impl<M: Mode> SnapshotDownloadCall<M> {
    /// What the download would do with each file, by path, instead of doing it. Nothing is written. Python: `dry_run=True`.
    ///
    /// ```no_run
    /// # async fn run(api: hub_api::HfApi) -> Result<(), hub_api::Error> {
    /// let files = api.snapshot_download("ada/demo").plan().await?;
    /// let bytes: u64 = files.iter().filter(|file| file.will_download).map(|file| file.size).sum();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for the download, but for those of writing; the Hub must be reachable.
    pub fn plan(self) -> DownloadPlanCall<SnapshotDownload, M> {
        self.map(|of| DownloadPlan { of })
    }
}
