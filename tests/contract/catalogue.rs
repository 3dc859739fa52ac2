//! The catalogue: what is known of files and uploads, and what one user may have.
//!
//! Each story runs on every store.

use recado_actors::ports::files::{Allowance, Catalogue, FileKey, FileRecord, OpenUpload, Opened};

use crate::people::{NOON, room, user};
use crate::race::race;

const ALLOWED: Allowance = Allowance { quota: 100, open: 3 };

fn key(name: &str) -> FileKey {
    FileKey::parse(name).unwrap()
}

fn upload(name: &str, length: u64) -> OpenUpload {
    let (uploader, room) = (user("ann"), Some(room("a")));
    OpenUpload { key: key(name), title: "a b.txt".into(), uploader, room, length, offset: 0, ends: NOON }
}

fn record(name: &str, bytes: u64) -> FileRecord {
    FileRecord {
        key: key(name),
        extension: ".txt".into(),
        title: "a b.txt".into(),
        bytes,
        media: "text/plain".into(),
        uploader: user("ann"),
        room: None,
        at: NOON,
    }
}

async fn open(store: &impl Catalogue, name: &str, length: u64) -> Opened {
    store.open_upload(upload(name, length), 1, ALLOWED).await.unwrap()
}

pub async fn an_upload_becomes_a_file_once<S: Catalogue>(store: S) {
    assert_eq!(open(&store, "1_ann_a", 10).await, Opened::Yes(10));
    assert_eq!(store.upload(&key("1_ann_a")).await, Ok(Some(upload("1_ann_a", 10))));
    assert_eq!(store.file(&key("1_ann_a")).await, Ok(None));

    assert_eq!(store.keep(record("1_ann_a", 7)).await, Ok(true));
    assert_eq!(store.keep(record("1_ann_a", 7)).await, Ok(false));
    assert_eq!(store.upload(&key("1_ann_a")).await, Ok(None));
    assert_eq!(store.file(&key("1_ann_a")).await, Ok(Some(record("1_ann_a", 7))));
    assert_eq!(store.used(&user("ann")).await, Ok(7));
}

pub async fn a_quota_counts_files_and_what_is_set_aside<S: Catalogue>(store: S) {
    open(&store, "1", 60).await;
    store.keep(record("1", 60)).await.unwrap();
    assert_eq!(open(&store, "2", 30).await, Opened::Yes(30));
    // What is left is granted, if it is enough.
    assert_eq!(store.open_upload(upload("3", 50), 11, ALLOWED).await, Ok(Opened::OverQuota { left: 10 }));
    assert_eq!(store.open_upload(upload("3", 50), 10, ALLOWED).await, Ok(Opened::Yes(10)));
    assert_eq!(store.upload(&key("3")).await.unwrap().map(|upload| upload.length), Some(10));
    assert_eq!(open(&store, "4", 1).await, Opened::OverQuota { left: 0 });
    assert_eq!(store.used(&user("bob")).await, Ok(0));
}

pub async fn only_so_many_uploads_are_open_however_many_race<S: Catalogue>(store: S) {
    let opened = race(16, |racer| store.open_upload(upload(&format!("u{racer}"), 1), 1, ALLOWED));
    let granted = opened.iter().filter(|opened| **opened == Ok(Opened::Yes(1))).count();
    let refused = opened.iter().filter(|opened| **opened == Ok(Opened::TooManyOpen)).count();
    assert_eq!((granted, refused), (3, 13));
}

pub async fn an_offset_moves_only_from_where_it_stands<S: Catalogue>(store: S) {
    open(&store, "1", 10).await;
    let later = NOON.plus_ms(5);
    assert_eq!(store.advance(&key("1"), 0, 4, later).await, Ok(true));
    assert_eq!(store.advance(&key("1"), 0, 9, later).await, Ok(false));
    assert_eq!(store.advance(&key("none"), 0, 9, later).await, Ok(false));
    let stands = OpenUpload { offset: 4, ends: later, ..upload("1", 10) };
    assert_eq!(store.upload(&key("1")).await, Ok(Some(stands)));
}

pub async fn what_ended_is_condemned_until_it_is_buried<S: Catalogue>(store: S) {
    open(&store, "1", 10).await;
    open(&store, "2", 10).await;
    store.advance(&key("2"), 0, 1, NOON.plus_ms(9)).await.unwrap();
    assert_eq!(store.condemned(NOON.plus_ms(-1), 9).await, Ok(vec![]));
    assert_eq!(store.condemned(NOON, 9).await, Ok(vec![key("1")]));
    assert_eq!(store.upload(&key("1")).await, Ok(None));
    assert_eq!(store.keep(record("1", 7)).await, Ok(false));
    assert_eq!(store.condemned(NOON, 9).await, Ok(vec![key("1")]));
    store.bury(&key("1")).await.unwrap();
    assert_eq!(store.condemned(NOON, 9).await, Ok(vec![]));
    assert_eq!(store.used(&user("ann")).await, Ok(10));
}

pub async fn files_and_uploads_can_be_condemned_by_name<S: Catalogue>(store: S) {
    open(&store, "1", 10).await;
    open(&store, "2", 10).await;
    store.keep(record("2", 10)).await.unwrap();
    assert_eq!(store.condemn(&key("1")).await, Ok(true));
    assert_eq!(store.condemn(&key("2")).await, Ok(true));
    assert_eq!(store.condemn(&key("2")).await, Ok(false));
    assert_eq!(store.file(&key("2")).await, Ok(None));
    assert_eq!(store.condemned(NOON.plus_ms(-1), 1).await.unwrap().len(), 1);
    assert_eq!(store.condemned(NOON.plus_ms(-1), 9).await.unwrap().len(), 2);
    assert_eq!(store.used(&user("ann")).await, Ok(0));
}
