//! What writes that never finished left in a folder: files named after their goal, a `#` and a number.
//!
//! Only those are ever removed, and only when nobody can be writing to them any more.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io};

use recado_actors::clock::Timestamp;

/// Removes those last written before this; how many.
pub(super) fn sweep(folder: &Path, before: Timestamp) -> io::Result<u64> {
    let before = UNIX_EPOCH + Duration::from_millis(u64::try_from(before.0).unwrap_or(0));
    let mut swept = 0;
    // Two levels, as objects are laid out: the kind, and for parts the upload.
    for kind in ["chat", "partial"] {
        swept += sweep_folder(&folder.join(kind), before)?;
    }
    Ok(swept)
}

fn sweep_folder(folder: &Path, before: SystemTime) -> io::Result<u64> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut swept = 0;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            swept += sweep_folder(&entry.path(), before)?;
        } else if is_leftover(&entry.path()) && entry.metadata()?.modified()? < before {
            fs::remove_file(entry.path())?;
            swept += 1;
        }
    }
    Ok(swept)
}

fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split_once('#'));
    name.is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_never_finished_and_is_old_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let chat = folder.path().join("chat");
        fs::create_dir_all(&chat).unwrap();
        for name in ["1_ann_2", "1_ann_3#1", "1_ann_4#x"] {
            fs::write(chat.join(name), "x").unwrap();
        }
        assert_eq!(sweep(folder.path(), Timestamp(1)).unwrap(), 0);
        assert_eq!(sweep(folder.path(), Timestamp(i64::MAX / 4)).unwrap(), 1);
        assert!(!chat.join("1_ann_3#1").exists());
        assert!(chat.join("1_ann_2").exists() && chat.join("1_ann_4#x").exists());
    }
}
