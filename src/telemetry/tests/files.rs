//! Stories of log files: growing, being turned over, moved away, cut, and running out of disk.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::telemetry::files::{LogFile, Room};

const ROOM: Room = Room { bytes: 100, files: 2 };

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/inside/combined.log");
    (folder, path)
}

fn read(path: &Path, number: u32) -> Option<String> {
    let number = if number == 0 { String::new() } else { format!(".{number}") };
    fs::read_to_string(format!("{}{number}", path.display())).ok()
}

#[test]
fn a_file_goes_on_where_it_ended_and_is_not_for_everybody() {
    let (_folder, path) = folder();
    for line in ["one\n", "two\n"] {
        LogFile::open(path.clone(), ROOM).unwrap().append(line.as_bytes()).unwrap();
    }
    assert_eq!(read(&path, 0).unwrap(), "one\ntwo\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o007, 0);
}

#[test]
fn a_full_file_is_set_aside_and_the_oldest_goes() {
    let (_folder, path) = folder();
    let mut file = LogFile::open(path.clone(), ROOM).unwrap();
    for number in 0..8 {
        file.append(format!("{number}{}\n", "x".repeat(48)).as_bytes()).unwrap();
    }
    let begins = |number| read(&path, number).map(|text| (text.len(), text.chars().next().unwrap()));
    assert_eq!(
        [0, 1, 2, 3].map(begins),
        [Some((100, '6')), Some((100, '4')), Some((100, '2')), None],
        "two are kept"
    );
}

#[test]
fn a_line_longer_than_a_file_has_one_of_its_own() {
    let (_folder, path) = folder();
    let mut file = LogFile::open(path.clone(), ROOM).unwrap();
    for line in ["short\n".to_owned(), format!("{}\n", "x".repeat(300)), "last\n".to_owned()] {
        file.append(line.as_bytes()).unwrap();
    }
    assert_eq!([0, 1, 2].map(|number| read(&path, number).unwrap().len()), [5, 301, 6]);
}

#[test]
fn a_file_that_is_moved_cut_or_removed_is_begun_anew() {
    let (_folder, path) = folder();
    let mut file = LogFile::open(path.clone(), ROOM).unwrap();
    file.append(b"one\n").unwrap();
    fs::rename(&path, path.with_extension("old")).unwrap();
    file.append(b"two\n").unwrap();
    assert_eq!(read(&path, 0).unwrap(), "two\n");
    fs::File::options().write(true).truncate(true).open(&path).unwrap();
    file.append(b"three\n").unwrap();
    assert_eq!(read(&path, 0).unwrap(), "three\n");
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    file.append(b"four\n").unwrap();
    assert_eq!(read(&path, 0).unwrap(), "four\n");
}

#[test]
fn a_place_that_holds_something_else_is_refused() {
    let (folder, path) = folder();
    fs::create_dir_all(&path).unwrap();
    assert!(LogFile::open(path, ROOM).is_err(), "a folder");
    let below = folder.path().join("file");
    fs::write(&below, "").unwrap();
    assert!(LogFile::open(below.join("combined.log"), ROOM).is_err(), "below a file");
    // Opening it would succeed, and every line would be gone.
    let device = folder.path().join("device.log");
    symlink("/dev/null", &device).unwrap();
    assert!(LogFile::open(device, ROOM).is_err(), "a device");
}

#[test]
fn an_outage_ends_by_itself() {
    let (_folder, path) = folder();
    let mut file = LogFile::open(path.clone(), ROOM).unwrap();
    file.append(b"before\n").unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(file.append(b"during\n").is_err());
    assert!(file.append(b"during\n").is_err());
    fs::remove_dir(&path).unwrap();
    file.append(b"after\n").unwrap();
    assert_eq!(read(&path, 0).unwrap(), "after\n");
}
