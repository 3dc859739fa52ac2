//! One object on its way: gathered into parts of even size, and seen only when the last of them is there.
//!
//! It never holds more than one part. What is given up is taken back, also by being dropped.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use recado_actors::ports::files::{FileWriter, FilesError};

use super::sorted;

pub(super) struct ObjectWriter {
    objects: Arc<dyn ObjectStore>,
    path: Path,
    part: usize,
    /// Copied together: a client may send byte by byte, and each would hold on to a buffer of its own.
    gathered: BytesMut,
    /// None while everything fits into one part.
    upload: Option<Box<dyn MultipartUpload>>,
}

impl ObjectWriter {
    pub(super) fn new(objects: Arc<dyn ObjectStore>, path: Path, part: usize) -> Self {
        Self { objects, path, part, gathered: BytesMut::new(), upload: None }
    }

    async fn take(&mut self, mut bytes: Bytes) -> Result<(), object_store::Error> {
        while !bytes.is_empty() {
            if self.gathered.len() >= self.part {
                self.send().await?;
            }
            let fits = bytes.len().min(self.part.saturating_sub(self.gathered.len()).max(1));
            self.gathered.extend_from_slice(bytes.slice(..fits).as_ref());
            bytes.advance(fits);
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), object_store::Error> {
        let part = self.gathered.split().freeze();
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => none.insert(self.objects.put_multipart(&self.path).await?),
        };
        upload.put_part(part.into()).await
    }

    async fn end(&mut self) -> Result<(), object_store::Error> {
        if self.upload.is_none() {
            let whole = self.gathered.split().freeze();
            return self.objects.put(&self.path, whole.into()).await.map(drop);
        }
        if !self.gathered.is_empty() {
            self.send().await?;
        }
        let Some(upload) = &mut self.upload else { return Ok(()) };
        upload.complete().await?;
        self.upload = None;
        Ok(())
    }

    async fn give_up(&mut self) {
        if let Some(mut upload) = self.upload.take()
            && let Err(error) = upload.abort().await
        {
            log::warn!("an unfinished file was not taken back: {error}");
        }
    }
}

impl FileWriter for ObjectWriter {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), FilesError>> {
        async move { self.take(bytes).await.map_err(|error| sorted(&error)) }.boxed()
    }

    fn finish(mut self: Box<Self>) -> BoxFuture<'static, Result<(), FilesError>> {
        async move {
            let ended = self.end().await;
            if ended.is_err() {
                self.give_up().await;
            }
            ended.map_err(|error| sorted(&error))
        }
        .boxed()
    }

    fn abort(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        async move { self.give_up().await }.boxed()
    }
}

impl Drop for ObjectWriter {
    fn drop(&mut self) {
        // A client that hangs up takes the future that writes along.
        let Some(mut upload) = self.upload.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { upload.abort().await });
        }
    }
}
