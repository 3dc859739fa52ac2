//! Documents that several edit at once: every change that was made to each, in order, until one whole stands for them.
//!
//! What a change says is nobody's business here: they are bytes, kept and given back as they came.

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::LogError;
use crate::id::RoomId;

/// All that is kept of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// In the order in which they were added; the first may be a whole.
    pub updates: Vec<Bytes>,
    /// The number of the last; 0: there is none.
    pub last: u64,
}

/// The changes of every document.
pub trait Documents: Send + Sync + 'static {
    /// A document nobody wrote to has nothing.
    fn load(&self, document: &RoomId) -> BoxFuture<'static, Result<Kept, LogError>>;

    /// Adds changes in one transaction, in order, durable when it answers with the number of the last. They are
    /// numbered from 1 in each document.
    fn append(&self, document: &RoomId, updates: Vec<Bytes>) -> BoxFuture<'static, Result<u64, LogError>>;

    /// Puts `whole` in place of everything up to this number, which becomes its own: all of it or nothing. What was
    /// added since stays. Where nothing is kept up to there, nothing is done.
    fn compact(
        &self,
        document: &RoomId,
        up_to: u64,
        whole: Bytes,
    ) -> BoxFuture<'static, Result<(), LogError>>;
}
