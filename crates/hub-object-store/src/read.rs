//! Reading objects.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use hub_api::{
    Error,
    download::{ContentId, FileReader, RemoteFile},
    types::{CommitHash, SafeRelPath},
};
use object_store::{
    Attributes, Extensions, GetOptions, GetRange, GetResult, GetResultPayload, OBJECT_STORE_COALESCE_DEFAULT,
    Result, coalesce_ranges, collect_bytes, path::Path,
};

use crate::{
    HubObjectStore,
    error::{at, not_found, other},
    names,
    pin::{Facts, Pin},
};

/// A file of one commit.
struct Found {
    pin: Arc<Pin>,
    path: SafeRelPath,
    facts: Facts,
}

impl HubObjectStore {
    async fn find(&self, location: &Path, version: Option<&str>) -> Result<Found> {
        let path = names::in_repo(location)?;
        let pin = match version {
            Some(version) => {
                let no_commit = || other(format!("{version:?} is no version: it must be a commit id"));
                let commit: CommitHash = version.parse().map_err(|_| no_commit())?;
                let shown = self.shared.pin();
                if shown.commit == commit { shown } else { Arc::new(Pin::new(commit)) }
            }
            None => self.shared.pin(),
        };
        let facts = pin.facts(&self.shared.api, &self.shared.repo, &path, self.dates).await?;
        let facts = facts.ok_or_else(|| not_found(path.as_str()))?;
        Ok(Found { pin, path, facts })
    }

    async fn open_range(&self, found: &Found, range: Range<u64>) -> Result<FileReader> {
        let (Found { pin, path, facts }, shared) = (found, &self.shared);
        let id = ContentId::from_etag(&facts.id);
        let file = RemoteFile::new(shared.repo.clone(), pin.commit.clone(), path.clone(), facts.size, id);
        let transport = shared.api.transport().map_err(|error| at(path.as_str(), error))?;
        let reader = FileReader::open(transport, file, range, shared.api.download_timeouts()).await;
        reader.map_err(|error| at(path.as_str(), Error::from(error)))
    }

    pub(crate) async fn read(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let found = self.find(location, options.version.as_deref()).await?;
        let date = found.pin.date(&self.shared.api, &self.shared.repo).await?;
        let meta = found.pin.meta(found.path.as_str(), found.facts.clone(), date)?;
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            Some(range) => range.as_range(meta.size).map_err(other)?,
            None => 0..meta.size,
        };
        let payload = if options.head {
            stream::empty().boxed()
        } else {
            let (reader, path) = (self.open_range(&found, range.clone()).await?, found.path.to_string());
            reader.map_err(move |error| at(&path, Error::from(error))).boxed()
        };
        Ok(GetResult {
            payload: GetResultPayload::Stream(payload),
            meta,
            range,
            attributes: Attributes::new(),
            extensions: Extensions::new(),
        })
    }

    /// Ranges that are near each other come with one request.
    pub(crate) async fn read_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let found = &self.find(location, None).await?;
        let fetch = move |range: Range<u64>| async move {
            let range = GetRange::Bounded(range).as_range(found.facts.size).map_err(other)?;
            let length = range.end - range.start;
            let reader = self.open_range(found, range).await?;
            let chunks = reader.map_err(|error| at(found.path.as_str(), Error::from(error))).boxed();
            collect_bytes(chunks, Some(length)).await
        };
        coalesce_ranges(ranges, fetch, OBJECT_STORE_COALESCE_DEFAULT).await
    }
}
