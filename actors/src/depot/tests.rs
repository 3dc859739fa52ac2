//! The depot on memory: who may send and see, what is set aside, and what is left when things go wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use bytes::Bytes;

use super::*;
use crate::id::Epoch;
use crate::ports::memory::{MemoryFiles, MemoryStore};

const MIB: usize = 1024 * 1024;
const MIB_BYTES: u64 = 1024 * 1024;

/// Only the room that a token is for.
struct TokensOwnRoom;

impl MayRead for TokensOwnRoom {
    fn may_read(&self, visitor: &Visitor, room: &RoomId) -> BoxFuture<'static, Result<bool, LogError>> {
        Box::pin(std::future::ready(Ok(visitor.room.as_ref() == Some(room))))
    }
}

struct Stage {
    depot: Depot,
    files: MemoryFiles,
    now: Arc<AtomicI64>,
}

fn stage() -> Stage {
    stage_with(|_| {})
}

fn stage_with(change: impl FnOnce(&mut DepotRules)) -> Stage {
    let (files, now) = (MemoryFiles::default(), Arc::new(AtomicI64::new(1_000_000)));
    let clock = now.clone();
    let mut rules = DepotRules {
        max_bytes: 4_000_000,
        allowance: Allowance { quota: 6_000_000, open: 3 },
        hands: 8,
        longest: Duration::from_secs(60),
        expiry: Duration::from_secs(60),
    };
    change(&mut rules);
    let depot = Depot::new(DepotPlan {
        files: Arc::new(files.clone()),
        catalogue: Arc::new(MemoryStore::new(Epoch(1))),
        may_read: Arc::new(TokensOwnRoom),
        sniff: |_, _| Media { media: "text/plain".to_owned(), extension: ".txt".to_owned() },
        rules,
        clock: Clock::from_fn(move || Timestamp(clock.load(Relaxed))),
    });
    Stage { depot, files, now }
}

impl Stage {
    /// Everything that was given up is cleared away by tasks of its own.
    async fn is_clean(&self) {
        for _ in 0..1000 {
            if self.files.count() == 0 && self.left_for(&ann()).await == 6_000_000 {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{} blobs are left", self.files.count());
    }

    async fn left_for(&self, visitor: &Visitor) -> u64 {
        6_000_000 - self.depot.catalogue().used(&visitor.user).await.unwrap()
    }
}

fn who(name: &str, chat: &str) -> Visitor {
    Visitor { user: UserId::parse(name).unwrap(), room: RoomId::chat(chat).ok() }
}

fn ann() -> Visitor {
    who("ann", "a")
}

fn new(chat: Option<&str>) -> NewFile {
    NewFile { title: "../my file.txt".to_owned(), room: chat.map(|chat| RoomId::chat(chat).unwrap()) }
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap()
}

fn hello() -> Bytes {
    Bytes::from_static(b"hello")
}

fn no<T: std::fmt::Debug>(result: Result<T, Refusal>) -> FileRefusal {
    match result {
        Err(Refusal::File(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_is_seen_by_its_sender_and_by_who_is_in_its_room() {
    let Stage { depot, .. } = stage();
    let shared = depot.store(&ann(), new(Some("a")), hello()).await.unwrap();
    let own = depot.store(&ann(), new(None), hello()).await.unwrap();
    assert_eq!((shared.title.as_str(), shared.bytes), ("my file.txt", 5));
    assert!(shared.name().starts_with("1000000_ann_") && shared.name().ends_with(".txt"));

    let (bob, eve) = (who("bob", "a"), who("eve", "b"));
    assert_eq!(depot.find(&bob, &shared.name()).await, Ok(shared.clone()));
    assert_eq!(depot.find(&who("ann", "b"), &shared.name()).await, Ok(shared.clone()));
    assert_eq!(no(depot.find(&eve, &shared.name()).await), FileRefusal::Unknown);
    assert_eq!(no(depot.find(&bob, &own.name()).await), FileRefusal::Unknown);
    assert_eq!(no(depot.find(&ann(), shared.key.as_str()).await), FileRefusal::Unknown);
    assert_eq!(no(depot.find(&ann(), "../../etc/passwd").await), FileRefusal::Unknown);
    assert_eq!(no(depot.store(&eve, new(Some("a")), hello()).await), FileRefusal::NotYourRoom);
    assert_eq!(no(depot.forget(&bob, &shared.name()).await), FileRefusal::NotYourRoom);
}

#[tokio::test]
async fn what_is_given_up_leaves_nothing_behind() {
    let stage = stage();
    let mut receiving = stage.depot.receive(&ann(), new(None), None).await.unwrap();
    receiving.write(hello()).await.unwrap();
    drop(receiving);
    let empty = stage.depot.receive(&ann(), new(None), None).await.unwrap();
    assert_eq!(no(empty.finish().await), FileRefusal::Empty);
    stage.is_clean().await;
}

#[tokio::test]
async fn a_full_disk_is_said_so_and_leaves_nothing_behind() {
    let stage = stage();
    stage.files.hold_at_most(3);
    assert_eq!(stage.depot.store(&ann(), new(None), hello()).await, Err(Refusal::StoreFull));
    let upload = stage.depot.open(&ann(), new(None), 5).await.unwrap();
    let mut resuming = stage.depot.resume(&ann(), &upload.key, 0).await.unwrap();
    resuming.write(hello()).await.unwrap();
    assert_eq!(resuming.pause().await, Err(Refusal::StoreFull));
    stage.depot.cancel(&ann(), &upload.key).await.unwrap();
    stage.is_clean().await;
}

#[tokio::test]
async fn the_limit_and_the_quota_end_a_file_that_grows() {
    let Stage { depot, .. } = stage();
    let limit = FileRefusal::TooLarge { limit: 4_000_000 };
    assert_eq!(no(depot.store(&ann(), new(None), vec![0; 4_000_001].into()).await), limit);
    let mut endless = depot.receive(&ann(), new(None), None).await.unwrap();
    endless.write(vec![0; 4_000_000].into()).await.unwrap();
    assert_eq!(no(endless.write(hello()).await), limit);
    assert!(endless.finish().await.is_err());
    let bob = who("bob", "a");
    depot.store(&bob, new(None), vec![0; 4_000_000].into()).await.unwrap();
    let mut more = depot.receive(&bob, new(None), None).await.unwrap();
    assert_eq!(no(more.write(vec![0; 2_000_001].into()).await), FileRefusal::OverQuota { left: 2_000_000 });
}

#[tokio::test]
async fn an_upload_goes_on_where_it_stands_and_becomes_a_file() {
    let stage = stage();
    let whole: Bytes = (0..2 * MIB + 77).map(|at| u8::try_from(at % 251).unwrap()).collect::<Vec<_>>().into();
    let upload = stage.depot.open(&ann(), new(None), length(&whole)).await.unwrap();
    let mut resuming = stage.depot.resume(&ann(), &upload.key, 0).await.unwrap();
    resuming.write(whole.slice(..MIB + 10)).await.unwrap();
    // Cut off: what was not a whole part yet is lost.
    drop(resuming);
    assert_eq!(
        no(stage.depot.resume(&ann(), &upload.key, 10).await.map(drop)),
        FileRefusal::OtherOffset { offset: MIB_BYTES }
    );
    let mut resuming = stage.depot.resume(&ann(), &upload.key, MIB_BYTES).await.unwrap();
    resuming.write(whole.slice(MIB..)).await.unwrap();
    let Standing::Done(record) = resuming.pause().await.unwrap() else { panic!("it is not done") };
    assert_eq!(stage.files.count(), 1);

    let read = stage.depot.read(&record, 0..record.bytes).await.unwrap();
    let read = futures_util::TryStreamExt::try_collect::<Vec<_>>(read).await.unwrap().concat();
    assert!(read == whole);
    assert_eq!(stage.depot.standing(&ann(), &upload.key).await, Ok(Standing::Done(record.clone())));
    assert_eq!(no(stage.depot.standing(&who("eve", "a"), &upload.key).await), FileRefusal::Unknown);
}

#[tokio::test]
async fn an_upload_takes_no_more_than_it_announced() {
    let Stage { depot, .. } = stage();
    assert_eq!(no(depot.open(&ann(), new(None), 0).await), FileRefusal::Empty);
    assert_eq!(
        no(depot.open(&ann(), new(None), 5_000_000).await),
        FileRefusal::TooLarge { limit: 4_000_000 }
    );
    let upload = depot.open(&ann(), new(None), 4).await.unwrap();
    let mut resuming = depot.resume(&ann(), &upload.key, 0).await.unwrap();
    assert_eq!(no(resuming.write(hello()).await), FileRefusal::TooLarge { limit: 4 });
    depot.open(&ann(), new(None), 3_999_999).await.unwrap();
    assert_eq!(
        no(depot.open(&ann(), new(None), 3_999_999).await),
        FileRefusal::OverQuota { left: 1_999_997 }
    );
}

#[tokio::test]
async fn uploads_that_end_unfinished_are_swept() {
    let stage = stage();
    let upload = stage.depot.open(&ann(), new(None), 3 * MIB_BYTES).await.unwrap();
    let mut resuming = stage.depot.resume(&ann(), &upload.key, 0).await.unwrap();
    resuming.write(vec![0; 2 * MIB].into()).await.unwrap();
    stage.now.fetch_add(59_999, Relaxed);
    assert_eq!(stage.depot.sweep().await, 0);
    stage.now.fetch_add(1, Relaxed);
    assert_eq!(stage.depot.sweep().await, 1);
    resuming.write(hello()).await.unwrap();
    assert_eq!(no(resuming.pause().await), FileRefusal::Unknown);
    stage.is_clean().await;
}

#[tokio::test]
async fn only_so_many_write_at_once() {
    let Stage { depot, .. } = stage_with(|rules| rules.hands = 1);
    let first = depot.receive(&ann(), new(None), None).await.unwrap();
    assert_eq!(depot.receive(&who("bob", "a"), new(None), None).await.map(drop), Err(Refusal::Busy));
    drop(first);
    assert!(depot.receive(&who("bob", "a"), new(None), None).await.is_ok());
}
