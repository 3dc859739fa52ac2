//! Where bytes are kept: what every place for them promises, run on each.
//!
//! A bucket is played by an object store in memory, behind the same code.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::memory::InMemory;
use recado::files::ObjectFiles;
use recado_actors::ports::files::{Blob, FileKey, Files, FilesError};
use recado_actors::ports::memory::MemoryFiles;
use tempfile::TempDir;

use crate::people::within;

/// A place for bytes, and what keeps it there.
struct Place(Box<dyn Files>, Option<TempDir>);

fn places() -> [Place; 3] {
    let folder = tempfile::tempdir().unwrap();
    let local = ObjectFiles::in_folder(&folder.path().join("files")).unwrap();
    let bucket = ObjectFiles::on(Arc::new(InMemory::new()), "some/prefix", 1000);
    [
        Place(Box::new(MemoryFiles::default()), None),
        Place(Box::new(local), Some(folder)),
        Place(Box::new(bucket), None),
    ]
}

fn key(name: &str) -> FileKey {
    FileKey::parse(name).unwrap()
}

fn file(name: &str) -> Blob {
    Blob::File(key(name))
}

/// No byte is like the one a page before it.
fn noise(length: usize) -> Bytes {
    (0..length).map(|at| u8::try_from((at * 7 + at / 251) % 256).unwrap()).collect::<Vec<_>>().into()
}

async fn write(files: &dyn Files, blob: &Blob, pieces: &[Bytes]) {
    let mut writer = files.begin(blob).await.unwrap();
    for piece in pieces {
        writer.write(piece.clone()).await.unwrap();
    }
    writer.finish().await.unwrap();
}

async fn read(files: &dyn Files, blob: &Blob, range: std::ops::Range<u64>) -> Vec<u8> {
    let bytes = files.read(blob, range).await.unwrap();
    bytes.try_fold(Vec::new(), |read, piece| async move { Ok([&read[..], &piece].concat()) }).await.unwrap()
}

#[tokio::test]
async fn what_was_written_is_read_whole_and_in_ranges() {
    for Place(files, _folder) in places() {
        // More than one part, in pieces that fit no part.
        let whole = noise(2_500_003);
        let pieces: Vec<_> = (0..whole.len()).step_by(70_001).collect();
        let pieces: Vec<_> = pieces.iter().map(|at| whole.slice(*at..whole.len().min(at + 70_001))).collect();
        write(&*files, &file("a"), &pieces).await;
        within(async {
            assert_eq!(files.size(&file("a")).await, Ok(2_500_003));
            assert!(read(&*files, &file("a"), 0..2_500_003).await == whole);
            for range in [0..1, 2_500_002..2_500_003, 999_999..1_100_000, 70_000..70_002, 5..5] {
                let [start, end] = [range.start, range.end].map(|at| usize::try_from(at).unwrap());
                let wanted = &whole[start..end];
                assert!(read(&*files, &file("a"), range.clone()).await == wanted, "{range:?}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn nothing_is_seen_of_what_did_not_finish() {
    for Place(files, folder) in places() {
        for length in [10, 2_500_000] {
            let mut dropped = files.begin(&file("a")).await.unwrap();
            dropped.write(noise(length)).await.unwrap();
            assert_eq!(files.size(&file("a")).await, Err(FilesError::Missing));
            drop(dropped);
            let mut aborted = files.begin(&file("a")).await.unwrap();
            aborted.write(noise(length)).await.unwrap();
            aborted.abort().await;
            assert_eq!(files.size(&file("a")).await, Err(FilesError::Missing));
        }
        if let Some(folder) = folder {
            within(async {
                while names_in(&folder.path().join("files/chat")) > 0 {
                    tokio::task::yield_now().await;
                }
            })
            .await;
        }
    }
}

fn names_in(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[tokio::test]
async fn the_last_to_finish_stays() {
    for Place(files, _folder) in places() {
        write(&*files, &file("a"), &[noise(2000)]).await;
        write(&*files, &file("a"), &[Bytes::from_static(b"new")]).await;
        assert_eq!(read(&*files, &file("a"), 0..3).await, b"new");
        assert_eq!(files.size(&file("a")).await, Ok(3));
    }
}

#[tokio::test]
async fn parts_are_listed_in_order_and_by_upload() {
    for Place(files, _folder) in places() {
        for (name, offset) in [("a", 10), ("a", 9), ("a", 0), ("b", 5), ("a", 10_000_000_000)] {
            write(&*files, &Blob::Part(key(name), offset), &[noise(3)]).await;
        }
        assert_eq!(files.parts(&key("a")).await, Ok(vec![0, 9, 10, 10_000_000_000]));
        assert_eq!(files.parts(&key("none")).await, Ok(vec![]));
        files.delete(&Blob::Part(key("a"), 9)).await.unwrap();
        assert_eq!(files.parts(&key("a")).await, Ok(vec![0, 10, 10_000_000_000]));
        assert_eq!(files.size(&file("a")).await, Err(FilesError::Missing));
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_deleting_nothing_is_well() {
    for Place(files, _folder) in places() {
        write(&*files, &file("a"), &[noise(3)]).await;
        assert_eq!(files.delete(&file("a")).await, Ok(()));
        assert_eq!(files.delete(&file("a")).await, Ok(()));
        assert_eq!(files.size(&file("a")).await, Err(FilesError::Missing));
        assert!(matches!(files.read(&file("a"), 0..1).await, Err(FilesError::Missing)));
    }
}

#[tokio::test]
async fn an_empty_file_can_be_kept() {
    for Place(files, _folder) in places() {
        write(&*files, &file("a"), &[]).await;
        assert_eq!(files.size(&file("a")).await, Ok(0));
        assert!(read(&*files, &file("a"), 0..0).await.is_empty());
    }
}

#[tokio::test]
async fn what_a_crash_left_in_a_folder_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let files = ObjectFiles::in_folder(folder.path()).unwrap();
    write(&files, &file("a"), &[noise(3)]).await;
    std::fs::write(folder.path().join("chat/b#1"), "half").unwrap();
    assert_eq!(files.sweep(recado_actors::clock::Timestamp(1)).await, Ok(0));
    let tomorrow = recado_actors::clock::Clock::system().now().plus_ms(crate::people::DAY_MS);
    assert_eq!(files.sweep(tomorrow).await, Ok(1));
    assert_eq!(read(&files, &file("a"), 0..3).await, noise(3));
}
