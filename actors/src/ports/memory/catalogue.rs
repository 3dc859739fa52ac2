//! What is known of files and uploads, in memory.
//!
//! Everything is under one entry of a map, so that each change is seen whole or not at all.

use std::collections::HashMap;

use dashmap::DashMap;
use futures_util::future::BoxFuture;

use super::{MemoryStore, Shelves};
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::ports::LogError;
use crate::ports::files::{Allowance, Catalogue, FileKey, FileRecord, OpenUpload, Opened};

/// The one entry of the map.
const ALL: () = ();

#[derive(Default)]
pub(super) struct Cards(DashMap<(), Drawer>);

#[derive(Default)]
struct Drawer {
    uploads: HashMap<FileKey, OpenUpload>,
    files: HashMap<FileKey, FileRecord>,
    condemned: Vec<FileKey>,
}

impl Drawer {
    fn used(&self, user: &UserId) -> u64 {
        let files = self.files.values().filter(|file| file.uploader == *user).map(|file| file.bytes);
        let uploads = self.uploads.values().filter(|open| open.uploader == *user).map(|open| open.length);
        files.chain(uploads).fold(0, u64::saturating_add)
    }

    fn open(&mut self, mut upload: OpenUpload, least: u64, allowance: Allowance) -> Opened {
        let open = self.uploads.values().filter(|open| open.uploader == upload.uploader).count();
        if open >= allowance.open {
            return Opened::TooManyOpen;
        }
        let left = allowance.quota.saturating_sub(self.used(&upload.uploader));
        if left < least {
            return Opened::OverQuota { left };
        }
        upload.length = upload.length.min(left);
        let granted = upload.length;
        self.uploads.insert(upload.key.clone(), upload);
        Opened::Yes(granted)
    }

    fn advance(&mut self, key: &FileKey, from: u64, to: u64, ends: Timestamp) -> bool {
        let Some(upload) = self.uploads.get_mut(key).filter(|upload| upload.offset == from) else {
            return false;
        };
        (upload.offset, upload.ends) = (to, ends);
        true
    }

    fn condemn(&mut self, key: &FileKey) -> bool {
        let gone = self.uploads.remove(key).is_some() || self.files.remove(key).is_some();
        if gone {
            self.condemned.push(key.clone());
        }
        gone
    }

    fn condemned(&mut self, now: Timestamp, limit: usize) -> Vec<FileKey> {
        let ended = self.uploads.values().filter(|upload| upload.ends <= now);
        for key in ended.map(|upload| upload.key.clone()).collect::<Vec<_>>() {
            self.condemn(&key);
        }
        self.condemned.iter().take(limit).cloned().collect()
    }
}

impl MemoryStore {
    fn cards<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Drawer) -> T + Send + 'static,
    ) -> BoxFuture<'static, Result<T, LogError>> {
        self.at_once(move |shelves: &Shelves| work(&mut shelves.cards.0.entry(ALL).or_default()))
    }
}

impl Catalogue for MemoryStore {
    fn open_upload(
        &self,
        upload: OpenUpload,
        least: u64,
        allowance: Allowance,
    ) -> BoxFuture<'static, Result<Opened, LogError>> {
        self.cards(move |cards| cards.open(upload, least, allowance))
    }

    fn upload(&self, key: &FileKey) -> BoxFuture<'static, Result<Option<OpenUpload>, LogError>> {
        let key = key.clone();
        self.cards(move |cards| cards.uploads.get(&key).cloned())
    }

    fn advance(
        &self,
        key: &FileKey,
        from: u64,
        to: u64,
        ends: Timestamp,
    ) -> BoxFuture<'static, Result<bool, LogError>> {
        let key = key.clone();
        self.cards(move |cards| cards.advance(&key, from, to, ends))
    }

    fn keep(&self, record: FileRecord) -> BoxFuture<'static, Result<bool, LogError>> {
        self.cards(move |cards| {
            let found = cards.uploads.remove(&record.key).is_some();
            if found {
                cards.files.insert(record.key.clone(), record);
            }
            found
        })
    }

    fn file(&self, key: &FileKey) -> BoxFuture<'static, Result<Option<FileRecord>, LogError>> {
        let key = key.clone();
        self.cards(move |cards| cards.files.get(&key).cloned())
    }

    fn condemn(&self, key: &FileKey) -> BoxFuture<'static, Result<bool, LogError>> {
        let key = key.clone();
        self.cards(move |cards| cards.condemn(&key))
    }

    fn condemned(&self, now: Timestamp, limit: usize) -> BoxFuture<'static, Result<Vec<FileKey>, LogError>> {
        self.cards(move |cards| cards.condemned(now, limit))
    }

    fn bury(&self, key: &FileKey) -> BoxFuture<'static, Result<(), LogError>> {
        let key = key.clone();
        self.cards(move |cards| cards.condemned.retain(|condemned| *condemned != key))
    }

    fn used(&self, user: &UserId) -> BoxFuture<'static, Result<u64, LogError>> {
        let user = user.clone();
        self.cards(move |cards| cards.used(&user))
    }
}
