//! The bytes of files in memory: for tests, and beside a store in memory.
//!
//! Keeps what it promises like every other, but for surviving the process; and there may be a limit to it.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use dashmap::DashMap;
use futures_util::future::{BoxFuture, ready};
use futures_util::{FutureExt, StreamExt, stream};

use crate::clock::Timestamp;
use crate::ports::files::{Blob, Bytestream, FileKey, FileWriter, Files, FilesError};

/// Bytes of files. Clones share them.
#[derive(Clone)]
pub struct MemoryFiles(Arc<Racks>);

struct Racks {
    blobs: DashMap<Blob, Pieces>,
    used: Arc<AtomicU64>,
    most: AtomicU64,
}

/// Bytes that are kept or on their way; their room is given back on drop.
struct Kept {
    used: Arc<AtomicU64>,
    bytes: u64,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Relaxed);
    }
}

type Pieces = Arc<(Vec<Bytes>, Kept)>;

impl Default for MemoryFiles {
    fn default() -> Self {
        let (used, most) = (Arc::default(), AtomicU64::new(u64::MAX));
        Self(Arc::new(Racks { blobs: DashMap::new(), used, most }))
    }
}

impl MemoryFiles {
    /// From now on there is room for so many bytes, in all.
    pub fn hold_at_most(&self, bytes: u64) {
        self.0.most.store(bytes, Relaxed);
    }

    /// How many files and parts there are.
    pub fn count(&self) -> usize {
        self.0.blobs.len()
    }
}

struct MemoryWriter {
    racks: Arc<Racks>,
    blob: Blob,
    pieces: Vec<Bytes>,
    kept: Kept,
}

impl FileWriter for MemoryWriter {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), FilesError>> {
        let length = size_of(&bytes);
        let most = self.racks.most.load(Relaxed);
        let fits = |used: u64| used.checked_add(length).filter(|used| *used <= most);
        if self.kept.used.fetch_update(Relaxed, Relaxed, fits).is_err() {
            return ready(Err(FilesError::Full("memory".to_owned()))).boxed();
        }
        self.kept.bytes += length;
        self.pieces.push(bytes);
        ready(Ok(())).boxed()
    }

    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<(), FilesError>> {
        let Self { racks, blob, pieces, kept } = *self;
        let replaced = racks.blobs.insert(blob, Arc::new((pieces, kept)));
        drop(replaced);
        ready(Ok(())).boxed()
    }

    fn abort(self: Box<Self>) -> BoxFuture<'static, ()> {
        ready(()).boxed()
    }
}

impl Files for MemoryFiles {
    fn begin(&self, blob: &Blob) -> BoxFuture<'static, Result<Box<dyn FileWriter>, FilesError>> {
        let kept = Kept { used: self.0.used.clone(), bytes: 0 };
        let writer = MemoryWriter { racks: self.0.clone(), blob: blob.clone(), pieces: Vec::new(), kept };
        let writer: Box<dyn FileWriter> = Box::new(writer);
        ready(Ok(writer)).boxed()
    }

    fn size(&self, blob: &Blob) -> BoxFuture<'static, Result<u64, FilesError>> {
        let found = self.0.blobs.get(blob).map(|pieces| pieces.0.iter().map(size_of).sum());
        ready(found.ok_or(FilesError::Missing)).boxed()
    }

    fn read(&self, blob: &Blob, range: Range<u64>) -> BoxFuture<'static, Result<Bytestream, FilesError>> {
        let Some(pieces) = self.0.blobs.get(blob).map(|pieces| pieces.clone()) else {
            return ready(Err(FilesError::Missing)).boxed();
        };
        let mut at = 0;
        let mut wanted = VecDeque::new();
        for piece in &pieces.0 {
            wanted.push_back(Ok(cut(piece, at, &range)));
            at += size_of(piece);
        }
        wanted.retain(|piece: &Result<Bytes, FilesError>| !matches!(piece, Ok(bytes) if bytes.is_empty()));
        ready(Ok(stream::iter(wanted).boxed())).boxed()
    }

    fn delete(&self, blob: &Blob) -> BoxFuture<'static, Result<(), FilesError>> {
        self.0.blobs.remove(blob);
        ready(Ok(())).boxed()
    }

    fn parts(&self, key: &FileKey) -> BoxFuture<'static, Result<Vec<u64>, FilesError>> {
        let of_key = |blob: &Blob| match blob {
            Blob::Part(of, offset) if of == key => Some(*offset),
            Blob::Part(..) | Blob::File(_) => None,
        };
        let mut parts: Vec<u64> = self.0.blobs.iter().filter_map(|entry| of_key(entry.key())).collect();
        parts.sort_unstable();
        ready(Ok(parts)).boxed()
    }

    fn sweep(&self, _before: Timestamp) -> BoxFuture<'static, Result<u64, FilesError>> {
        // What did not finish went with its writer.
        ready(Ok(0)).boxed()
    }
}

fn size_of(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// What of a piece that lies at this offset is in the range.
fn cut(piece: &Bytes, at: u64, range: &Range<u64>) -> Bytes {
    let within =
        |bound: u64| usize::try_from(bound.saturating_sub(at)).unwrap_or(usize::MAX).min(piece.len());
    let (start, end) = (within(range.start), within(range.end));
    if start < end { piece.slice(start..end) } else { Bytes::new() }
}
