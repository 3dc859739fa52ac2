//! Where the bytes of files are kept: a folder of ours, or a bucket that speaks S3.
//!
//! What it answered to have finished is durable, and whatever never finished is never seen.

mod leftovers;
mod writer;

use std::error::Error as _;
use std::io;
use std::ops::Range;
use std::path::{Path as FolderPath, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use recado_actors::clock::Timestamp;
use recado_actors::ports::files::{Blob, Bytestream, FileKey, FileWriter, Files, FilesError};

use writer::ObjectWriter;

/// What is written at once in a folder.
const FOLDER_PART: usize = 1024 * 1024;
/// The least S3 takes as one part of an object, but for its last.
const BUCKET_PART: usize = 5 * 1024 * 1024;

/// ENOSPC and EDQUOT of Linux, and EFBIG: a limit on the size of files.
const FULL: [i32; 3] = [28, 122, 27];

/// A bucket that speaks S3. Keys and regions come from the `AWS_…` variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// Before the name of every object; may be empty.
    pub prefix: String,
    /// Another address than Amazon's; empty: what `AWS_ENDPOINT` says.
    pub endpoint: String,
}

/// Files as objects of a store. Clones are the same store.
#[derive(Clone)]
pub struct ObjectFiles {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    part: usize,
    /// Where unfinished writes leave something behind when the process dies.
    folder: Option<PathBuf>,
}

impl ObjectFiles {
    /// In this folder, which is made if it is not there.
    pub fn in_folder(folder: &FolderPath) -> Result<Self, FilesError> {
        let refused = |error: io::Error| FilesError::Unavailable(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(refused)?;
        let local = LocalFileSystem::new_with_prefix(folder).map_err(|error| sorted(&error))?;
        let objects = Arc::new(local.with_fsync(true).with_automatic_cleanup(true));
        Ok(Self { objects, prefix: Path::default(), part: FOLDER_PART, folder: Some(folder.to_owned()) })
    }

    pub fn in_bucket(bucket: &Bucket) -> Result<Self, FilesError> {
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(&bucket.name);
        if !bucket.endpoint.is_empty() {
            let plain = bucket.endpoint.starts_with("http://");
            builder = builder.with_endpoint(&bucket.endpoint).with_allow_http(plain);
        }
        let objects = builder.build().map_err(|error| sorted(&error))?;
        Ok(Self::on(Arc::new(objects), &bucket.prefix, BUCKET_PART))
    }

    /// On any object store, written in parts of this many bytes.
    pub fn on(objects: Arc<dyn ObjectStore>, prefix: &str, part: usize) -> Self {
        Self { objects, prefix: Path::from(prefix), part, folder: None }
    }

    fn path(&self, blob: &Blob) -> Path {
        match blob {
            Blob::File(key) => self.prefix.clone().join("chat").join(key.as_str()),
            // Digits enough to sort as numbers do.
            Blob::Part(key, offset) => self.parts_of(key).join(format!("{offset:020}")),
        }
    }

    fn parts_of(&self, key: &FileKey) -> Path {
        self.prefix.clone().join("partial").join(key.as_str())
    }
}

impl Files for ObjectFiles {
    fn begin(&self, blob: &Blob) -> BoxFuture<'static, Result<Box<dyn FileWriter>, FilesError>> {
        let writer = ObjectWriter::new(self.objects.clone(), self.path(blob), self.part);
        let writer: Box<dyn FileWriter> = Box::new(writer);
        std::future::ready(Ok(writer)).boxed()
    }

    fn size(&self, blob: &Blob) -> BoxFuture<'static, Result<u64, FilesError>> {
        let (objects, path) = (self.objects.clone(), self.path(blob));
        async move { Ok(objects.head(&path).await.map_err(|error| sorted(&error))?.size) }.boxed()
    }

    fn read(&self, blob: &Blob, range: Range<u64>) -> BoxFuture<'static, Result<Bytestream, FilesError>> {
        let (objects, path) = (self.objects.clone(), self.path(blob));
        async move {
            if range.is_empty() {
                return Ok(futures_util::stream::empty().boxed());
            }
            let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
            let found = objects.get_opts(&path, options).await.map_err(|error| sorted(&error))?;
            Ok(found.into_stream().map_err(|error| sorted(&error)).boxed())
        }
        .boxed()
    }

    fn delete(&self, blob: &Blob) -> BoxFuture<'static, Result<(), FilesError>> {
        let (objects, path) = (self.objects.clone(), self.path(blob));
        async move {
            match objects.delete(&path).await.map_err(|error| sorted(&error)) {
                Ok(()) | Err(FilesError::Missing) => Ok(()),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }

    fn parts(&self, key: &FileKey) -> BoxFuture<'static, Result<Vec<u64>, FilesError>> {
        let mut found = self.objects.list(Some(&self.parts_of(key)));
        async move {
            let mut offsets = Vec::new();
            while let Some(object) = found.next().await {
                let object = object.map_err(|error| sorted(&error))?;
                offsets.extend(object.location.filename().and_then(|name| name.parse::<u64>().ok()));
            }
            offsets.sort_unstable();
            Ok(offsets)
        }
        .boxed()
    }

    fn sweep(&self, before: Timestamp) -> BoxFuture<'static, Result<u64, FilesError>> {
        let folder = self.folder.clone();
        async move {
            // A bucket forgets unfinished uploads by its own rules.
            let Some(folder) = folder else { return Ok(0) };
            let swept = tokio::task::spawn_blocking(move || leftovers::sweep(&folder, before)).await;
            let swept = swept.unwrap_or_else(|error| Err(io::Error::other(error)));
            swept.map_err(|error| FilesError::Unavailable(error.to_string()))
        }
        .boxed()
    }
}

/// What an error of the store means; its text names paths of ours, never one of a user.
fn sorted(error: &object_store::Error) -> FilesError {
    if matches!(error, object_store::Error::NotFound { .. }) {
        return FilesError::Missing;
    }
    let text = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        let code = current.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
        if code.is_some_and(|code| FULL.contains(&code)) {
            return FilesError::Full(text);
        }
        cause = current.source();
    }
    FilesError::Unavailable(text)
}
