//! Objects that come in parts: they wait in a temporary file, and become a commit at the end.

use std::{
    fmt,
    fs::File,
    io::{Seek, SeekFrom, Write},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use futures_util::FutureExt;
use hub_api::AddSource;
use object_store::{
    MultipartUpload, PutMultipartOptions, PutPayload, PutResult, Result, UploadPart, path::Path,
};
use tokio::task::spawn_blocking;

use crate::{HubObjectStore, change::no_attributes, error::other, names};

/// An upload on its way.
struct Parts {
    store: HubObjectStore,
    location: Path,
    /// Nothing after the end.
    file: Option<Arc<Mutex<Spool>>>,
    /// Bytes of all parts so far.
    size: u64,
}

/// The temporary file, which the system removes when it is closed.
struct Spool {
    file: File,
    written: u64,
}

impl HubObjectStore {
    pub(crate) fn begin_multipart(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        no_attributes(&opts.attributes)?;
        self.shared.branch()?;
        names::in_repo(location)?;
        let file = Arc::new(Mutex::new(Spool { file: tempfile::tempfile().map_err(other)?, written: 0 }));
        let (store, location) = (self.clone(), location.clone());
        Ok(Box::new(Parts { store, location, file: Some(file), size: 0 }))
    }
}

impl Spool {
    fn write(&mut self, offset: u64, part: &PutPayload) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(offset))?;
        for piece in part.iter() {
            self.file.write_all(piece)?;
        }
        self.written += part.content_length() as u64;
        Ok(())
    }
}

#[async_trait]
impl MultipartUpload for Parts {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let Some(file) = self.file.clone() else {
            return async { Err(other("the upload has ended")) }.boxed();
        };
        let offset = self.size;
        self.size = offset.saturating_add(data.content_length() as u64);
        async move {
            let write = move || file.lock().unwrap_or_else(PoisonError::into_inner).write(offset, &data);
            spawn_blocking(write).await?.map_err(other)
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let file = self.file.take().ok_or_else(|| other("the upload has ended"))?;
        let content = {
            let spool = file.lock().unwrap_or_else(PoisonError::into_inner);
            if spool.written != self.size {
                let (written, size) = (spool.written, self.size);
                return Err(other(format!("only {written} of {size} bytes were written: a part is missing")));
            }
            spool.file.try_clone().map_err(other)?
        };
        self.store.put_file(&self.location, AddSource::reader(content), Default::default()).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.file = None;
        Ok(())
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("location", &self.location)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
