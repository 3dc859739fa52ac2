//! A log file that is turned over before it grows too large: `combined.log`, then `combined.log.1` and so on.
//!
//! It guarantees that no line is written in part, and that a disk that fills or a file that is moved away costs
//! lines while it lasts and nothing else: the next write begins anew.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Ids are in it, so it is not for everybody.
const MODE: u32 = 0o640;

/// How far a log file grows, and how many of its forerunners are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub bytes: u64,
    pub files: u32,
}

pub(super) struct LogFile {
    path: PathBuf,
    room: Room,
    /// None while it cannot be written.
    open: Option<File>,
    failing: bool,
}

impl LogFile {
    /// Opens or makes it, so that a folder that cannot be written is known at the start.
    pub fn open(path: PathBuf, room: Room) -> io::Result<Self> {
        let open = Some(opened(&path)?);
        Ok(Self { path, room, open, failing: false })
    }

    /// Writes all of these lines, or none. Says once when that begins to fail, and once when it works again.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let done = self.try_append(lines);
        let name = self.path.display();
        match &done {
            Err(error) if !self.failing => {
                log::error!(file:% = name; "a log file cannot be written, its lines are lost: {error}");
            }
            Ok(()) if self.failing => log::warn!(file:% = name; "a log file is written again"),
            _ => {}
        }
        self.failing = done.is_err();
        done
    }

    fn try_append(&mut self, lines: &[u8]) -> io::Result<()> {
        let (mut file, mut length) = self.current()?;
        if length > 0 && length.saturating_add(count(lines)) > self.room.bytes {
            drop(file);
            turn_over(&self.path, self.room.files)?;
            (file, length) = (opened(&self.path)?, 0);
        }
        if let Err(error) = file.write_all(lines) {
            // Half a line would spoil the next one. If even this fails, so will the next write.
            file.set_len(length).ok();
            return Err(error);
        }
        self.open = Some(file);
        Ok(())
    }

    /// The file that stands under our name now, and its length; others may have moved, cut or removed ours.
    fn current(&mut self) -> io::Result<(File, u64)> {
        let ours = self.open.take().and_then(|file| file.metadata().ok().map(|about| (file, about)));
        if let (Some((file, about)), Ok(there)) = (ours, fs::metadata(&self.path))
            && is_same(&about, &there)
        {
            return Ok((file, there.len()));
        }
        let file = opened(&self.path)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    }
}

fn opened(path: &Path) -> io::Result<File> {
    // Opening a pipe would wait for its reader.
    if fs::metadata(path).is_ok_and(|about| !about.is_file()) {
        return Err(io::Error::other("is not a file"));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().append(true).create(true).mode(MODE).open(path)
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn count(lines: &[u8]) -> u64 {
    u64::try_from(lines.len()).unwrap_or(u64::MAX)
}

/// Moves each file one number up; what has the last number is gone.
fn turn_over(path: &Path, files: u32) -> io::Result<()> {
    for number in (1..files).rev() {
        moved(&numbered(path, number), &numbered(path, number + 1))?;
    }
    moved(path, &numbered(path, 1))
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// What is not there need not be moved.
fn moved(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
