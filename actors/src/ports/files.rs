//! Files people send each other: their bytes, and what is known of each.
//!
//! Nothing of what a user calls a file ever becomes part of a path: a [`FileKey`] is made here, and is all that names
//! bytes.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::LogError;
use crate::clock::Timestamp;
use crate::id::{RoomId, UserId};

/// The most characters of a user's name that a key carries.
const USER_CHARS: usize = 32;
const KEY_CHARS: usize = 96;

/// What names the bytes of one file, safe in every path and address: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileKey(Arc<str>);

impl FileKey {
    /// `<ms>_<user>_<random>`, which no other file has.
    pub fn fresh(at: Timestamp, user: &UserId) -> Self {
        let user: String =
            user.as_str().chars().filter(char::is_ascii_alphanumeric).take(USER_CHARS).collect();
        let random = uuid::Uuid::new_v4().as_u64_pair().0;
        Self(format!("{}_{user}_{random:016x}", at.0.max(0)).into())
    }

    /// None: no key looks like this.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let sound = !text.is_empty() && text.len() <= KEY_CHARS && text.bytes().all(plain);
        sound.then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Something that bytes are kept under.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Blob {
    /// A whole file.
    File(FileKey),
    /// What an upload had from this offset on.
    Part(FileKey, u64),
}

/// Why the bytes could not be kept or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilesError {
    /// ENOSPC or a quota of the storage: nothing was kept.
    #[error("no space left: {0}")]
    Full(String),
    #[error("there is no such file")]
    Missing,
    #[error("unavailable: {0}")]
    Unavailable(String),
}

/// Bytes as they come out of storage.
pub type Bytestream = BoxStream<'static, Result<Bytes, FilesError>>;

/// Bytes on their way into storage; nothing is seen of them before `finish`. Dropped or aborted, nothing is kept.
pub trait FileWriter: Send {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), FilesError>>;
    /// Everything that was written is there and durable when it answers.
    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<(), FilesError>>;
    fn abort(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// Where bytes are kept.
pub trait Files: Send + Sync + 'static {
    /// Begins to write, in place of whatever is kept there once it finishes.
    fn begin(&self, blob: &Blob) -> BoxFuture<'static, Result<Box<dyn FileWriter>, FilesError>>;
    /// How many bytes; an error if there is nothing.
    fn size(&self, blob: &Blob) -> BoxFuture<'static, Result<u64, FilesError>>;
    /// These bytes of it, in pieces of bounded size.
    fn read(&self, blob: &Blob, range: Range<u64>) -> BoxFuture<'static, Result<Bytestream, FilesError>>;
    /// Forgets it; well if it was never there.
    fn delete(&self, blob: &Blob) -> BoxFuture<'static, Result<(), FilesError>>;
    /// The offsets of all parts that are kept for an upload, ascending.
    fn parts(&self, key: &FileKey) -> BoxFuture<'static, Result<Vec<u64>, FilesError>>;
    /// Removes what writers left behind that never finished, if it is from before this; how much.
    fn sweep(&self, before: Timestamp) -> BoxFuture<'static, Result<u64, FilesError>>;
}

/// What is known of a file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    pub key: FileKey,
    /// With its dot, or empty.
    pub extension: String,
    /// What its sender calls it, cleaned for display.
    pub title: String,
    pub bytes: u64,
    /// Its media type, by content.
    pub media: String,
    pub uploader: UserId,
    /// Who is in it may read the file too.
    pub room: Option<RoomId>,
    pub at: Timestamp,
}

impl FileRecord {
    /// The last part of its address.
    pub fn name(&self) -> String {
        format!("{}{}", self.key.as_str(), self.extension)
    }
}

/// An upload that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUpload {
    pub key: FileKey,
    pub title: String,
    pub uploader: UserId,
    pub room: Option<RoomId>,
    /// How long the file will be, or the most it may become.
    pub length: u64,
    /// How much of it is kept.
    pub offset: u64,
    /// From then on it is nobody's.
    pub ends: Timestamp,
}

/// What one user may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Bytes of files and of uploads together.
    pub quota: u64,
    /// Uploads at once.
    pub open: usize,
}

/// Whether an upload may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// So many bytes are set aside for it.
    Yes(u64),
    TooManyOpen,
    /// So many bytes are left, which are too few.
    OverQuota {
        left: u64,
    },
}

/// What is known of files and of uploads. Every change is one transaction.
pub trait Catalogue: Send + Sync + 'static {
    /// Sets aside `upload.length` bytes, or what is left of the quota if that is no less than `least`.
    fn open_upload(
        &self,
        upload: OpenUpload,
        least: u64,
        allowance: Allowance,
    ) -> BoxFuture<'static, Result<Opened, LogError>>;
    /// None: it was never there, is done, or was condemned.
    fn upload(&self, key: &FileKey) -> BoxFuture<'static, Result<Option<OpenUpload>, LogError>>;
    /// Moves the offset; false if it is not at `from` any more, or the upload is gone.
    fn advance(
        &self,
        key: &FileKey,
        from: u64,
        to: u64,
        ends: Timestamp,
    ) -> BoxFuture<'static, Result<bool, LogError>>;
    /// The upload of the same key becomes a file; false if it is gone.
    fn keep(&self, record: FileRecord) -> BoxFuture<'static, Result<bool, LogError>>;
    fn file(&self, key: &FileKey) -> BoxFuture<'static, Result<Option<FileRecord>, LogError>>;
    /// The upload or file is gone from now on, but for its bytes; false if there was none.
    fn condemn(&self, key: &FileKey) -> BoxFuture<'static, Result<bool, LogError>>;
    /// Condemns uploads that ended by now; at most `limit` of all whose bytes are still to be removed.
    fn condemned(&self, now: Timestamp, limit: usize) -> BoxFuture<'static, Result<Vec<FileKey>, LogError>>;
    /// The bytes of what was condemned are gone too.
    fn bury(&self, key: &FileKey) -> BoxFuture<'static, Result<(), LogError>>;
    /// Bytes of this user's files and of what is set aside for uploads.
    fn used(&self, user: &UserId) -> BoxFuture<'static, Result<u64, LogError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_safe_whatever_the_user_is_called() {
        for name in ["../../etc/passwd", "ann", "a\u{202e}b", "日本", &"x".repeat(128)] {
            let key = FileKey::fresh(Timestamp(1_700_000_000_000), &UserId::parse(name).unwrap());
            assert_eq!(FileKey::parse(key.as_str()), Some(key.clone()), "{key:?}");
        }
        for text in ["", "..", "a/b", "a.b", "a\0", "é", &"x".repeat(97)] {
            assert_eq!(FileKey::parse(text), None, "{text}");
        }
    }

    #[test]
    fn no_two_keys_are_the_same() {
        let ann = UserId::parse("ann").unwrap();
        let key = FileKey::fresh(Timestamp(7), &ann);
        assert!(key.as_str().starts_with("7_ann_"));
        assert_ne!(key, FileKey::fresh(Timestamp(7), &ann));
    }
}
