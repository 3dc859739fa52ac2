//! A file that comes in one piece.
//!
//! It goes straight to where it will stay; given up at any point, nothing of it remains.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::{Depot, NewFile, Visitor};
use crate::id::RoomId;
use crate::ports::files::{Blob, FileRecord, FileWriter, OpenUpload};
use crate::refusal::{FileRefusal, Refusal};

/// How much of a file is looked at to tell what it is.
pub(super) const HEAD_BYTES: usize = 8192;

/// An upload that is being written.
pub struct Receiving {
    depot: Depot,
    upload: OpenUpload,
    visitor: Visitor,
    /// None: it is finished or given up.
    writer: Option<Box<dyn FileWriter>>,
    bytes: u64,
    head: Vec<u8>,
    _hand: OwnedSemaphorePermit,
}

impl Depot {
    /// Begins to take a file in. `announced` is the most it can be, where that is known.
    pub async fn receive(
        &self,
        visitor: &Visitor,
        new: NewFile,
        announced: Option<u64>,
    ) -> Result<Receiving, Refusal> {
        let hand = self.hand()?;
        let limit = self.rules().max_bytes;
        let most = announced.map_or(limit, |announced| announced.min(limit)).max(1);
        let upload = self.set_aside(visitor, new, (most, 1), self.rules().longest).await?;
        let writer = self.files().begin(&Blob::File(upload.key.clone())).await;
        let mut receiving = Receiving {
            depot: self.clone(),
            upload,
            visitor: visitor.clone(),
            writer: None,
            bytes: 0,
            head: Vec::new(),
            _hand: hand,
        };
        match writer {
            Ok(writer) => receiving.writer = Some(writer),
            Err(error) => {
                receiving.depot.clear(receiving.upload.key.clone());
                return Err(error.into());
            }
        }
        Ok(receiving)
    }

    /// A file that is here already.
    pub async fn store(&self, visitor: &Visitor, new: NewFile, bytes: Bytes) -> Result<FileRecord, Refusal> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > self.rules().max_bytes {
            return Err(Refusal::File(FileRefusal::TooLarge { limit: self.rules().max_bytes }));
        }
        let mut receiving = self.receive(visitor, new, Some(length)).await?;
        receiving.write(bytes).await?;
        receiving.finish().await
    }
}

impl Receiving {
    /// Who may see it, when that was said after the file began.
    pub async fn goes_to(&mut self, room: RoomId) -> Result<(), Refusal> {
        self.depot.check_room(&self.visitor, &room).await?;
        self.upload.room = Some(room);
        Ok(())
    }

    /// What its sender calls it, when that was said after the file began.
    pub fn is_called(&mut self, title: &str) {
        self.upload.title = super::clean_title(title);
    }

    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Refusal> {
        let sum = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if sum > self.upload.length {
            // What was cut must not be finished.
            self.give_up();
            return Err(self.too_much(sum));
        }
        let more = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(bytes.slice(..more).as_ref());
        let Some(writer) = &mut self.writer else { return Err(Refusal::StoreDown) };
        if let Err(error) = writer.write(bytes).await {
            self.give_up();
            return Err(error.into());
        }
        self.bytes = sum;
        Ok(())
    }

    fn give_up(&mut self) {
        if self.writer.take().is_some() {
            self.depot.clear(self.upload.key.clone());
        }
    }

    /// Past the limit for all, or past what was left of the quota.
    fn too_much(&self, sum: u64) -> Refusal {
        let limit = self.depot.rules().max_bytes;
        Refusal::File(if sum > limit {
            FileRefusal::TooLarge { limit }
        } else {
            FileRefusal::OverQuota { left: self.upload.length }
        })
    }

    /// All of it came.
    pub async fn finish(mut self) -> Result<FileRecord, Refusal> {
        if self.bytes == 0 {
            return Err(Refusal::File(FileRefusal::Empty));
        }
        // Until it is kept, giving up also removes what is finished.
        let Some(writer) = self.writer.take() else { return Err(Refusal::StoreDown) };
        let written = writer.finish().await.map_err(Refusal::from);
        let kept = match written {
            Ok(()) => self.depot.keep(self.upload.clone(), self.bytes, &self.head).await,
            Err(refusal) => Err(refusal),
        };
        if kept.is_err() {
            self.depot.clear(self.upload.key.clone());
        }
        kept
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.give_up();
    }
}
