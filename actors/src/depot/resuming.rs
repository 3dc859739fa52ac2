//! An upload that is sent in several goes, and survives the connection it came by.
//!
//! What a client is told to have arrived is kept: the offset moves only after the bytes before it are durable.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::OwnedSemaphorePermit;

use super::receiving::HEAD_BYTES;
use super::turns::Turn;
use super::{Depot, NewFile, Visitor, after};
use crate::ports::files::{Blob, FileKey, FileRecord, OpenUpload};
use crate::refusal::{FileRefusal, Refusal};

/// How much is gathered before it is kept and the offset moves.
const PART_BYTES: usize = 1024 * 1024;

/// How long the one before may take to step back.
const STEP_BACK: Duration = Duration::from_secs(5);

/// How an upload stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Open(OpenUpload),
    Done(FileRecord),
}

/// One go of an upload.
pub struct Resuming {
    depot: Depot,
    upload: OpenUpload,
    gathered: BytesMut,
    turn: Turn,
    _hand: OwnedSemaphorePermit,
}

impl Depot {
    /// Opens an upload of exactly this many bytes.
    pub async fn open(&self, visitor: &Visitor, new: NewFile, length: u64) -> Result<OpenUpload, Refusal> {
        let limit = self.rules().max_bytes;
        if length == 0 {
            return Err(Refusal::File(FileRefusal::Empty));
        }
        if length > limit {
            return Err(Refusal::File(FileRefusal::TooLarge { limit }));
        }
        self.set_aside(visitor, new, (length, length), self.rules().expiry).await
    }

    /// How an upload of this visitor stands; whoever writes to it steps back first, so that it stands still.
    pub async fn standing(&self, visitor: &Visitor, key: &FileKey) -> Result<Standing, Refusal> {
        let _turn = self.turn(key).await?;
        self.stands(visitor, key).await
    }

    async fn turn(&self, key: &FileKey) -> Result<Turn, Refusal> {
        self.0.turns.take(key, STEP_BACK).await.ok_or(Refusal::File(FileRefusal::InUse))
    }

    async fn stands(&self, visitor: &Visitor, key: &FileKey) -> Result<Standing, Refusal> {
        if let Some(upload) = self.catalogue().upload(key).await? {
            if upload.uploader != visitor.user || upload.ends <= self.now() {
                return Err(Refusal::File(FileRefusal::Unknown));
            }
            return self.settled(upload).await;
        }
        let record = self.catalogue().file(key).await?.filter(|record| record.uploader == visitor.user);
        record.map(Standing::Done).ok_or(Refusal::File(FileRefusal::Unknown))
    }

    /// Makes a file of an upload that has everything.
    async fn settled(&self, upload: OpenUpload) -> Result<Standing, Refusal> {
        if upload.offset < upload.length {
            return Ok(Standing::Open(upload));
        }
        let (key, bytes) = (upload.key.clone(), upload.length);
        let head = self.join(&key, bytes).await?;
        let record = self.keep(upload, bytes, &head).await?;
        for offset in self.files().parts(&key).await.unwrap_or_default() {
            if let Err(error) = self.files().delete(&Blob::Part(key.clone(), offset)).await {
                log::warn!("a part of a finished upload was not removed: {error}");
            }
        }
        Ok(Standing::Done(record))
    }

    /// Writes all parts behind each other; how the file begins.
    async fn join(&self, key: &FileKey, length: u64) -> Result<Vec<u8>, Refusal> {
        let mut whole = self.files().begin(&Blob::File(key.clone())).await?;
        let mut head = Vec::new();
        let mut at = 0;
        while at < length {
            // A part that was written again after a crash counts as it is; the offset in its name links them.
            let part = Blob::Part(key.clone(), at);
            let size = self.files().size(&part).await?.min(length - at);
            if size == 0 {
                return Err(Refusal::StoreDown);
            }
            let mut bytes = self.files().read(&part, 0..size).await?;
            while let Some(piece) = bytes.next().await {
                let piece = piece?;
                let more = HEAD_BYTES.saturating_sub(head.len()).min(piece.len());
                head.extend_from_slice(piece.slice(..more).as_ref());
                whole.write(piece).await?;
            }
            at = at.saturating_add(size);
        }
        whole.finish().await?;
        Ok(head)
    }

    /// Goes on with an upload at this offset.
    pub async fn resume(&self, visitor: &Visitor, key: &FileKey, offset: u64) -> Result<Resuming, Refusal> {
        let hand = self.hand()?;
        let turn = self.turn(key).await?;
        let upload = match self.stands(visitor, key).await? {
            Standing::Open(upload) if upload.offset == offset => upload,
            Standing::Open(OpenUpload { offset, .. }) | Standing::Done(FileRecord { bytes: offset, .. }) => {
                return Err(Refusal::File(FileRefusal::OtherOffset { offset }));
            }
        };
        Ok(Resuming { depot: self.clone(), upload, gathered: BytesMut::new(), turn, _hand: hand })
    }

    /// Gives an upload up, or forgets the file it became.
    pub async fn cancel(&self, visitor: &Visitor, key: &FileKey) -> Result<(), Refusal> {
        let _turn = self.turn(key).await?;
        self.stands(visitor, key).await?;
        self.remove(key).await
    }
}

impl Resuming {
    /// Ends when somebody else wants to go on with the upload: it is time to pause.
    pub async fn is_wanted(&mut self) {
        self.turn.is_wanted().await;
    }

    pub async fn write(&mut self, mut bytes: Bytes) -> Result<(), Refusal> {
        let sent = u64::try_from(self.gathered.len().saturating_add(bytes.len())).unwrap_or(u64::MAX);
        if self.upload.offset.saturating_add(sent) > self.upload.length {
            return Err(Refusal::File(FileRefusal::TooLarge { limit: self.upload.length }));
        }
        while !bytes.is_empty() {
            let fits = PART_BYTES.saturating_sub(self.gathered.len()).min(bytes.len());
            self.gathered.extend_from_slice(bytes.split_to(fits).as_ref());
            if self.gathered.len() >= PART_BYTES {
                self.keep_part().await?;
            }
        }
        Ok(())
    }

    async fn keep_part(&mut self) -> Result<(), Refusal> {
        let part = self.gathered.split().freeze();
        if part.is_empty() {
            return Ok(());
        }
        let (key, from) = (self.upload.key.clone(), self.upload.offset);
        let to = from.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
        let mut writer = self.depot.files().begin(&Blob::Part(key.clone(), from)).await?;
        writer.write(part).await?;
        writer.finish().await?;
        let ends = after(self.depot.now(), self.depot.rules().expiry);
        if !self.depot.catalogue().advance(&key, from, to, ends).await? {
            // It ended meanwhile, and what was kept before this is removed already.
            self.depot.files().delete(&Blob::Part(key, from)).await?;
            return Err(Refusal::File(FileRefusal::Unknown));
        }
        (self.upload.offset, self.upload.ends) = (to, ends);
        Ok(())
    }

    /// Keeps what came, also of a go that was cut off; a file, if that was all.
    pub async fn pause(mut self) -> Result<Standing, Refusal> {
        self.keep_part().await?;
        self.depot.settled(self.upload.clone()).await
    }
}
