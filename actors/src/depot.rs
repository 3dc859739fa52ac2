//! Files people send each other: taken in, finished, found again, and cleared away, whichever door they come through.
//!
//! It alone decides who may send and see a file, and what one user may have. Nothing of a file is seen before all of
//! it is kept, and what was begun and never finished is removed.

mod receiving;
mod resuming;
mod sweeping;
mod title;
mod turns;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::{Clock, Timestamp};
use crate::id::{RoomId, UserId};
use crate::ports::LogError;
use crate::ports::files::{
    Allowance, Blob, Bytestream, Catalogue, FileKey, FileRecord, Files, FilesError, OpenUpload, Opened,
};
use crate::refusal::{FileRefusal, Refusal};

pub use receiving::Receiving;
pub use resuming::{Resuming, Standing};
pub use title::clean_title;
use turns::Turns;

/// Who sends or asks, as a verified token has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    pub user: UserId,
    /// The room the token itself is for.
    pub room: Option<RoomId>,
}

/// Whether somebody is in a room: then they may send files there, and see those that others sent.
pub trait MayRead: Send + Sync + 'static {
    fn may_read(&self, visitor: &Visitor, room: &RoomId) -> BoxFuture<'static, Result<bool, LogError>>;
}

/// What a file is by its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    pub media: String,
    /// With its dot, or empty.
    pub extension: String,
}

/// Tells what a file is from how it begins, and from its name where that tells nothing.
pub type Sniff = fn(head: &[u8], title: &str) -> Media;

/// What the depot goes by.
#[derive(Debug, Clone, Copy)]
pub struct DepotRules {
    pub max_bytes: u64,
    pub allowance: Allowance,
    /// Uploads that may be written to at once.
    pub hands: usize,
    /// The longest an upload in one piece may take.
    pub longest: Duration,
    /// How long a resumable upload waits for more.
    pub expiry: Duration,
}

/// What somebody wants to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// What its sender calls it.
    pub title: String,
    /// Whose members may see it; none: its sender alone.
    pub room: Option<RoomId>,
}

/// All that a depot is made of.
pub struct DepotPlan {
    pub files: Arc<dyn Files>,
    pub catalogue: Arc<dyn Catalogue>,
    pub may_read: Arc<dyn MayRead>,
    pub sniff: Sniff,
    pub rules: DepotRules,
    pub clock: Clock,
}

/// Clones are the same depot.
#[derive(Clone)]
pub struct Depot(Arc<Shelves>);

struct Shelves {
    plan: DepotPlan,
    hands: Arc<Semaphore>,
    turns: Turns,
}

impl Depot {
    pub fn new(plan: DepotPlan) -> Self {
        let hands = Arc::new(Semaphore::new(plan.rules.hands));
        Self(Arc::new(Shelves { plan, hands, turns: Turns::default() }))
    }

    pub fn rules(&self) -> &DepotRules {
        &self.0.plan.rules
    }

    /// A file this visitor may see; to others it is as if it did not exist.
    pub async fn find(&self, visitor: &Visitor, name: &str) -> Result<FileRecord, Refusal> {
        let unknown = Refusal::File(FileRefusal::Unknown);
        let key = FileKey::parse(name.split('.').next().unwrap_or_default()).ok_or(unknown.clone())?;
        let record = self.catalogue().file(&key).await?.ok_or(unknown.clone())?;
        if record.name() != name || !self.may_see(visitor, &record).await? {
            return Err(unknown);
        }
        Ok(record)
    }

    async fn may_see(&self, visitor: &Visitor, record: &FileRecord) -> Result<bool, Refusal> {
        if record.uploader == visitor.user {
            return Ok(true);
        }
        let Some(room) = &record.room else { return Ok(false) };
        Ok(self.0.plan.may_read.may_read(visitor, room).await?)
    }

    /// These bytes of a file.
    pub async fn read(
        &self,
        record: &FileRecord,
        range: std::ops::Range<u64>,
    ) -> Result<Bytestream, Refusal> {
        Ok(self.files().read(&Blob::File(record.key.clone()), range).await?)
    }

    /// Forgets a file of this visitor's own.
    pub async fn forget(&self, visitor: &Visitor, name: &str) -> Result<(), Refusal> {
        let record = self.find(visitor, name).await?;
        if record.uploader != visitor.user {
            return Err(Refusal::File(FileRefusal::NotYourRoom));
        }
        self.remove(&record.key).await
    }

    /// May this visitor send files to this room?
    pub async fn check_room(&self, visitor: &Visitor, room: &RoomId) -> Result<(), Refusal> {
        let may = self.0.plan.may_read.may_read(visitor, room).await?;
        if may { Ok(()) } else { Err(Refusal::File(FileRefusal::NotYourRoom)) }
    }

    /// Sets space aside for an upload.
    async fn set_aside(
        &self,
        visitor: &Visitor,
        new: NewFile,
        (length, least): (u64, u64),
        life: Duration,
    ) -> Result<OpenUpload, Refusal> {
        if let Some(room) = &new.room {
            self.check_room(visitor, room).await?;
        }
        let now = self.now();
        let mut upload = OpenUpload {
            key: FileKey::fresh(now, &visitor.user),
            title: clean_title(&new.title),
            uploader: visitor.user.clone(),
            room: new.room,
            length,
            offset: 0,
            ends: after(now, life),
        };
        match self.catalogue().open_upload(upload.clone(), least, self.rules().allowance).await? {
            Opened::Yes(granted) => upload.length = granted,
            Opened::TooManyOpen => return Err(Refusal::File(FileRefusal::TooManyUploads)),
            Opened::OverQuota { left } => return Err(Refusal::File(FileRefusal::OverQuota { left })),
        }
        Ok(upload)
    }

    fn hand(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        self.0.hands.clone().try_acquire_owned().map_err(|_| Refusal::Busy)
    }

    fn files(&self) -> &dyn Files {
        &*self.0.plan.files
    }

    fn catalogue(&self) -> &dyn Catalogue {
        &*self.0.plan.catalogue
    }

    fn now(&self) -> Timestamp {
        self.0.plan.clock.now()
    }

    /// All bytes of an upload are kept: it becomes a file.
    async fn keep(&self, upload: OpenUpload, bytes: u64, head: &[u8]) -> Result<FileRecord, Refusal> {
        let Media { media, extension } = (self.0.plan.sniff)(head, &upload.title);
        let OpenUpload { key, title, uploader, room, .. } = upload;
        let record = FileRecord { key, extension, title, bytes, media, uploader, room, at: self.now() };
        if self.catalogue().keep(record.clone()).await? {
            return Ok(record);
        }
        // It ended meanwhile; what was just written is nobody's.
        self.files().delete(&Blob::File(record.key.clone())).await?;
        Err(Refusal::File(FileRefusal::Unknown))
    }
}

fn after(now: Timestamp, life: Duration) -> Timestamp {
    now.plus_ms(i64::try_from(life.as_millis()).unwrap_or(i64::MAX))
}

impl From<FilesError> for Refusal {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Full(text) => {
                log::error!("the storage of files is full: {text}");
                Self::StoreFull
            }
            FilesError::Missing => Self::File(FileRefusal::Unknown),
            FilesError::Unavailable(text) => {
                log::error!("the storage of files does not answer: {text}");
                Self::StoreDown
            }
        }
    }
}
